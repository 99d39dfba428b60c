"""What a sample reader, or a party, would read."""

from dataclasses import dataclass
from datetime import UTC, datetime

from services.marketing.catalogue.content.formats import choose_language, writing_locale
from services.marketing.catalogue.content.template import SAMPLE, Rendered
from services.marketing.catalogue.domain.definition import Definition
from services.marketing.catalogue.domain.steps import Content
from services.marketing.sending.domain.letter import Addressee, Urls, values_of

_SAMPLE_URLS: Urls = {
    "unsubscribe_url": SAMPLE["unsubscribe_url"],
    "survey_url": SAMPLE["survey_url"],
    "preferences_url": SAMPLE["preferences_url"],
    "opened_url": "",
}
"""Links of a preview lead nowhere: whoever tries them changes nothing for anybody."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """A content, in a version of its campaign, and the number of its step."""

    campaign: str
    version: int
    step: int
    content: Content


def find_content(definition: Definition, template: str | None) -> tuple[int, Content] | None:
    """The first text where no template is named."""
    for number, step in definition.sends.items():
        for content in step.content:
            if template in {None, content.template}:
                return number, content
    return None


def sample_values(reader: Addressee, products: list[str] | None = None) -> dict[str, object]:
    """The sample sale; the name is the reader's own."""
    bought_at = datetime.fromisoformat(SAMPLE["bought_on"]).replace(tzinfo=UTC)
    named = SAMPLE["products"] if products is None else products
    return values_of(reader, named, SAMPLE["sale_id"], bought_at, SAMPLE["total"], _SAMPLE_URLS, SAMPLE["tier"])


def render_for(chosen: Chosen, reader: Addressee) -> tuple[str, str, Rendered]:
    """Language, locale and what is read."""
    language = choose_language(chosen.content.texts, reader.locale)
    locale = writing_locale(language, reader.locale)
    return language, locale, chosen.content.texts[language].render({**sample_values(reader), "locale": locale})
