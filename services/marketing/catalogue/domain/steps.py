"""The steps of a campaign: what it may do, one after another."""

from datetime import timedelta
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, field_validator, model_validator

from services.marketing.catalogue.content.template import Text
from services.marketing.catalogue.domain.condition import Condition
from services.marketing.catalogue.domain.occurrences import OCCURRENCES
from shared.events.values import Channel

END = "end"
"""Where a step goes that ends the enrolment."""
Name = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)]
Words = tuple[Annotated[str, Field(min_length=1, max_length=100)], ...]
Survey = Literal["csat", "nps", "ces"]
Wait = Annotated[timedelta, Field(ge=timedelta(0), le=timedelta(days=366))]
Matching = Annotated[dict[str, str], Field(min_length=1, max_length=5)]
"""Fields of an event, each with the field of the trigger that it has to equal, such as `{lines.sku: sku}`."""


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
    texts: dict[Annotated[str, Field(pattern=r"^([a-z]{2,3}(-[A-Z]{2})?)?$")], Text]

    @field_validator("texts")
    @classmethod
    def _has_default(cls, texts: dict[str, Text]) -> dict[str, Text]:
        if "" not in texts:
            raise ValueError("a template needs a text without a language in its name, for everybody else")
        return texts


class Heard(Part):
    """An event of the party: its type, what it must say, and what it has in common with the trigger."""

    event: Annotated[str, Field(json_schema_extra={"enum": sorted(OCCURRENCES)})]
    where: Condition | None = None
    match: Matching | None = None

    @field_validator("event")
    @classmethod
    def _known(cls, event: str) -> str:
        if event not in OCCURRENCES:
            raise ValueError(f"is none of {', '.join(sorted(OCCURRENCES))}")
        return event


class _Step(Part):
    """`id` names it for others to `go` to; `go` is the step after it, if not the next one, or `end`."""

    id: Name | None = None
    go: Name | None = None


class Send(_Step):
    """One message, `wait` after the trigger or after the step before. The first content that fits is taken.

    Of `sms` and `social` the subject and HTML are left out, and a provider that the settings name sends the body.
    With `survey` its texts hold `survey_url`, the link by which the reader answers.
    """

    wait: Wait
    content: Annotated[tuple[Content, ...], Field(min_length=1)]
    channel: Literal["email", "sms", "social"] = "email"
    survey: Annotated[Survey | None, Field(exclude_if=lambda survey: survey is None)] = None

    @field_validator("content")
    @classmethod
    def _ends_with_default(cls, content: tuple[Content, ...]) -> tuple[Content, ...]:
        if content[-1].when is not None or any(entry.when is None for entry in content[:-1]):
            raise ValueError("the last content, and only the last, has no `when`: it is for every other sale")
        return content

    @model_validator(mode="after")
    def _asks(self) -> Self:
        texts = [text for entry in self.content for text in entry.texts.values()]
        if self.survey is not None and not all("survey_url" in text.body for text in texts):
            raise ValueError("every text of a survey holds survey_url, by which it is answered")
        return self


class Pause(_Step):
    """Nothing happens for so long."""

    wait: Annotated[Wait, Field(gt=timedelta(0))]


class Awaited(Heard):
    """An event to wait for, `within` at most. With `restart` the time begins anew when the trigger is repeated.

    `otherwise` is the step to take where it does not come, if not the next one.
    """

    within: Annotated[Wait, Field(gt=timedelta(0))]
    restart: bool = False
    otherwise: Name | None = None


class WaitFor(_Step):
    """Waits for an event; `go` is where it leads."""

    wait_for: Awaited


class Arm(Part):
    """One way of a branch; without `when` it takes everybody."""

    when: Condition | None = None
    go: Name


class Branch(_Step):
    """The first arm that fits; where none does, the step goes on. Conditions ask `trigger.…` and `party.…`."""

    branch: Annotated[tuple[Arm, ...], Field(min_length=1, max_length=20)]


class Share(Part):
    """So many of a hundred. Those of a holdout leave the campaign, to be compared with the others."""

    percent: Annotated[int, Field(ge=1, le=100)]
    go: Name | None = None
    holdout: bool = False

    @model_validator(mode="after")
    def _either(self) -> Self:
        if self.holdout and self.go:
            raise ValueError("a holdout goes nowhere")
        return self


class Split(_Step):
    """Parties by chance, each always to the same share; who is left over goes on."""

    split: Annotated[tuple[Share, ...], Field(min_length=1, max_length=20)]

    @field_validator("split")
    @classmethod
    def _bounded(cls, split: tuple[Share, ...]) -> tuple[Share, ...]:
        if sum(share.percent for share in split) > 100:
            raise ValueError("the shares come to more than 100 percent")
        return split


class Tagging(Part):
    add: tuple[Name, ...] = ()
    remove: tuple[Name, ...] = ()

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not self.add and not self.remove:
            raise ValueError("says what to `add` or to `remove`")
        return self


class Tags(_Step):
    """Words that stay with the party, for conditions (`party.tags`)."""

    tag: Tagging


class Exit(_Step):
    """Ends the enrolment, for this reason."""

    exit: Name


KIND = "kind "
"""How the names begin under which pydantic tells where in a step something is wrong; no field is called so."""
_KEYS = ("wait_for", "branch", "split", "tag", "exit", "content")


def _kind(step: Any) -> str:
    """By the key that only its kind has; a wait without a content only waits."""
    given = step if isinstance(step, dict) else dict.fromkeys(getattr(type(step), "model_fields", ()), True)
    return KIND + next((key for key in _KEYS if key in given), "wait")


Step = Annotated[
    Annotated[Send, Tag(f"{KIND}content")]
    | Annotated[Pause, Tag(f"{KIND}wait")]
    | Annotated[WaitFor, Tag(f"{KIND}wait_for")]
    | Annotated[Branch, Tag(f"{KIND}branch")]
    | Annotated[Split, Tag(f"{KIND}split")]
    | Annotated[Tags, Tag(f"{KIND}tag")]
    | Annotated[Exit, Tag(f"{KIND}exit")],
    Discriminator(_kind),
]
