"""What a campaign's file may say."""

import hashlib
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Annotated, Any, Literal, NamedTuple, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from services.marketing.catalogue.content.template import SAMPLE, Text
from shared.events.values import BlankIsNone, Channel

NEEDS_NO_CONSENT = "service"
Name = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)]
Words = tuple[Annotated[str, Field(min_length=1, max_length=100)], ...]
Wait = Annotated[timedelta, Field(ge=timedelta(0), le=timedelta(days=366))]


class Part(BaseModel):
    """One mapping of the file; a key that nobody knows is an error, not a silent typing mistake."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Match(Part):
    """Holds when every field that is given holds; a field holds when one of its values does.

    `skus` may end in `*`. Departments are the first part of a product's category, categories any part of it.
    """

    skus: Words = ()
    departments: Words = ()
    categories: Words = ()
    channels: tuple[Channel, ...] = ()


class ContentMatch(Match):
    """`customer`: `first` where the party bought nothing before this sale, else `repeat`."""

    customer: Literal["first", "repeat"] | None = None


class Content(Part):
    """A text and when it is taken. `texts` are by language, the one without a language under the empty text."""

    template: Name
    when: ContentMatch | None = None
    texts: dict[Annotated[str, Field(pattern=r"^([a-z]{2})?$")], Text]

    @field_validator("texts")
    @classmethod
    def _has_default(cls, texts: dict[str, Text]) -> dict[str, Text]:
        if "" not in texts:
            raise ValueError("a template needs a text without a language in its name, for everybody else")
        return texts


class Step(Part):
    """One message, `wait` after the trigger or after the step before was due. The first content that fits is taken."""

    wait: Wait
    content: Annotated[tuple[Content, ...], Field(min_length=1)]
    channel: Literal["email"] = "email"

    @field_validator("content")
    @classmethod
    def _ends_with_default(cls, content: tuple[Content, ...]) -> tuple[Content, ...]:
        if content[-1].when is not None or any(entry.when is None for entry in content[:-1]):
            raise ValueError("the last content, and only the last, has no `when`: it is for every other sale")
        return content


class Skip(Part):
    """What ends a message that is due. `refunded`: by a refund of the whole sale, by any, or by none."""

    refunded: Literal["full", "any", "never"] = "full"
    ticket_open: bool = False


class Sample(NamedTuple):
    """A text of a step as a sample customer would read it."""

    step: int
    template: str
    locale: str
    subject: str
    body: str


class Definition(Part):
    """A campaign. `purpose: service` needs no consent; every other needs one for its purpose and topic.

    `max_age` is the longest from the trigger's occurrence to its recording; an older trigger ends as `expired`.
    """

    name: Name
    description: Annotated[str, Field(max_length=500)] = ""
    trigger: Literal["sale.completed"]
    follow_up: bool = False
    priority: Annotated[int, Field(ge=-1_000, le=1_000)] = 0
    purpose: Annotated[str, Field(min_length=1, max_length=60)] = "marketing"
    topic: Annotated[Annotated[str, Field(max_length=100)] | None, BlankIsNone] = None
    max_age: Annotated[timedelta, Field(gt=timedelta(0))] = timedelta(days=7)
    when: Match | None = None
    skip: Skip = Skip()
    steps: Annotated[tuple[Step, ...], Field(min_length=1, max_length=20)]

    @model_validator(mode="after")
    def _bounded(self) -> Self:
        if self.longest_wait > timedelta(days=366):
            raise ValueError("the waits of all steps must not exceed a year together")
        return self

    @property
    def longest_wait(self) -> timedelta:
        return sum((step.wait for step in self.steps), timedelta(0))

    @property
    def needs_consent(self) -> bool:
        return self.purpose != NEEDS_NO_CONSENT

    def samples(self) -> Iterator[Sample]:
        """Every text as it will look, in the order of the steps."""
        for number, step in enumerate(self.steps, start=1):
            for content in step.content:
                for locale, text in content.texts.items():
                    yield Sample(number, content.template, locale, *text.render(SAMPLE))

    def document(self) -> dict[str, Any]:
        """As JSON data, texts included: what is stored with a version."""
        return self.model_dump(mode="json")

    def digest(self) -> str:
        """Changes when anything changes that the definition says, texts included."""
        canonical = json.dumps(self.document(), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(canonical.encode()).hexdigest()
