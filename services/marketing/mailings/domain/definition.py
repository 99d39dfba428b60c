"""What a mailing's file may say, and the campaign that it makes."""

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field, ValidationError

from services.marketing.catalogue.domain.content_type import complaints_of_type
from services.marketing.catalogue.domain.definition import Definition, Skip
from services.marketing.catalogue.domain.reading import Source, read_model, texts_of, unreadable
from services.marketing.catalogue.domain.steps import Content, Name, Part
from services.marketing.catalogue.schemas import ContentType
from shared.events.values import BlankIsNone

ENTERED = "segment.entered"


class MailingFile(Part):
    """One text to everybody who is in `segment` when it begins. The other fields are those of a campaign.

    `per_minute`: so many recipients are released to be decided and written to at most.
    """

    name: Name
    segment: Name
    template: Name
    description: Annotated[str, Field(max_length=500)] = ""
    type: ContentType | None = None
    tutorial: Annotated[tuple[Name, ...], Field(max_length=20)] = ()
    per_minute: Annotated[int, Field(ge=1, le=100_000)] = 6_000
    priority: Annotated[int, Field(ge=-1_000, le=1_000)] = 0
    purpose: Annotated[str, Field(min_length=1, max_length=60)] = "marketing"
    topic: Annotated[Annotated[str, Field(max_length=100)] | None, BlankIsNone] = None
    skip: Skip = Skip()


@dataclass(frozen=True, slots=True)
class Drafted:
    """A mailing that can be sent: to whom, how fast, and the campaign of one message that it is."""

    segment: str
    per_minute: int
    campaign: Definition


def read_mailing(source: Source) -> Drafted:
    """Raises Unreadable with everything that is wrong, by file, line and field."""
    file = read_model(source, MailingFile)
    texts, wrong = texts_of(source, file.template)
    if wrong:
        raise unreadable(source, [(("template",), each) for each in wrong])
    try:
        content = Content.model_validate({"template": file.template, "texts": texts})
    except ValidationError as error:
        said = [each["msg"].removeprefix("Value error, ") for each in error.errors(include_url=False)]
        raise unreadable(source, [(("template",), each) for each in said]) from None
    campaign = _campaign(file, content)
    complaints = [(("template",) if path[0] == "steps" else path, each) for path, each in complaints_of_type(campaign)]
    if complaints:
        raise unreadable(source, complaints)
    return Drafted(file.segment, file.per_minute, campaign)


def _campaign(file: MailingFile, content: Content) -> Definition:
    """Its trigger says what its recipients have behind them; it is never in force, and waits for nobody."""
    kept = file.model_dump(include={"name", "description", "type", "tutorial", "priority", "purpose", "topic", "skip"})
    trigger = {"event": ENTERED, "where": {"segment": file.segment}}
    step = {"wait": "PT0S", "content": [content]}
    return Definition.model_validate({**kept, "trigger": trigger, "steps": [step]})
