"""The page by which a customer answers, in their language."""

from collections.abc import Mapping
from dataclasses import dataclass

from services.support.csat.domain.rating import FIRST, LAST
from shared.http.forms import Language, form_page


@dataclass(frozen=True, slots=True)
class _Words:
    title: str
    question: str
    thanks: str
    thanks_again: str
    refuse: str
    refused: str


_WORDS: Mapping[Language, _Words] = {
    "en": _Words(
        "Survey",
        f"How satisfied are you with our help, from {FIRST} (not at all) to {LAST} (very)?",
        "Thank you.",
        "You have answered already. Thank you.",
        "Do not ask me again",
        "You will not be asked again.",
    ),
    "da": _Words(
        "Spørgeskema",
        f"Hvor tilfreds er du med vores hjælp, fra {FIRST} (slet ikke) til {LAST} (meget)?",
        "Tak for dit svar.",
        "Du har allerede svaret. Tak.",
        "Spørg mig ikke igen",
        "Du bliver ikke spurgt igen.",
    ),
}


def ask(language: Language) -> str:
    """A button for each value, and one for whoever wants to be asked no more."""
    words = _WORDS[language]
    buttons = " ".join(f'<button formaction="?value={n}">{n}</button>' for n in range(FIRST, LAST + 1))
    refusing = f'<p><button formaction="?refuse=true">{words.refuse}</button></p>'
    form = f'<form method="post">{buttons}{refusing}</form>'
    return form_page(words.title, f"<p>{words.question}</p>{form}", language)


def thank(language: Language, *, again: bool) -> str:
    words = _WORDS[language]
    return form_page(words.title, f"<p>{words.thanks_again if again else words.thanks}</p>", language)


def part_from(language: Language) -> str:
    """Shown to who is asked no more."""
    words = _WORDS[language]
    return form_page(words.title, f"<p>{words.refused}</p>", language)
