"""The page by which a reader answers, in their language."""

from collections.abc import Mapping
from dataclasses import dataclass

from services.marketing.catalogue.domain.steps import Survey
from services.marketing.surveys.domain.link import SCALES
from shared.http.forms import Language, form_page


@dataclass(frozen=True, slots=True)
class _Words:
    title: str
    questions: Mapping[Survey, str]
    thanks: str
    thanks_again: str


_WORDS: Mapping[Language, _Words] = {
    "en": _Words(
        "Survey",
        {
            "csat": "How satisfied are you, from 1 (not at all) to 5 (very)?",
            "nps": "How likely is it that you recommend us, from 0 (not at all) to 10 (surely)?",
            "ces": "We made it easy for you: from 1 (not at all) to 7 (very much)?",
        },
        "Thank you.",
        "You have answered already. Thank you.",
    ),
    "da": _Words(
        "Spørgeskema",
        {
            "csat": "Hvor tilfreds er du, fra 1 (slet ikke) til 5 (meget)?",
            "nps": "Hvor sandsynligt er det, at du anbefaler os, fra 0 (slet ikke) til 10 (helt sikkert)?",
            "ces": "Vi gjorde det let for dig: fra 1 (slet ikke) til 7 (i høj grad)?",
        },
        "Tak for dit svar.",
        "Du har allerede svaret. Tak.",
    ),
}


def ask(survey: Survey, language: Language) -> str:
    """A button for each value."""
    words, (first, last) = _WORDS[language], SCALES[survey]
    buttons = " ".join(f'<button formaction="?value={n}">{n}</button>' for n in range(first, last + 1))
    shown = f'<p>{words.questions[survey]}</p><form method="post">{buttons}</form>'
    return form_page(words.title, shown, language)


def thank(language: Language, *, again: bool) -> str:
    words = _WORDS[language]
    return form_page(words.title, f"<p>{words.thanks_again if again else words.thanks}</p>", language)
