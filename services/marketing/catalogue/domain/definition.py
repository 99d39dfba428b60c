"""What a campaign's file may say."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from functools import cached_property
from itertools import accumulate
from typing import Annotated, Any, Literal, NamedTuple, Self

from pydantic import Field, field_validator, model_validator

from services.marketing.catalogue.content.template import SAMPLE
from services.marketing.catalogue.domain.condition import Condition
from services.marketing.catalogue.domain.steps import Heard, Match, Name, Part, Pause, Send, Step, WaitFor
from services.marketing.catalogue.schemas import ContentType
from shared.events.values import BlankIsNone

NEEDS_NO_CONSENT = "service"
SALE = "sale.completed"
_LONGEST, _A_DAY = timedelta(days=366), timedelta(days=1)
FURTHEST = timedelta(days=3_660)
"""A date that is further ahead than ten years is waited for by nobody."""
_HOUR = r"^([01]\d|2[0-3]):[0-5]\d$"


class Skip(Part):
    """What ends a message that is due. `refunded`: by a refund of the whole sale, by any, or by none.

    `dispute_open`: as long as the party disputes something.
    """

    refunded: Literal["full", "any", "never"] = "full"
    ticket_open: bool = False
    dispute_open: bool = True


class Moving(Heard):
    """An event after which another date is waited for: what it says at `date`, or else where the trigger says it."""

    date: Annotated[str, Field(max_length=100)] | None = None


class Trigger(Heard):
    """The event that enrols its party; a name alone is an event of that type, whatever it says.

    With an `offset` the first step is taken so long after a date, or before it where there is a minus: after that at
    `date`, a field of the event, or after the event. `at` is the hour of that day by the party's own clock. Where that
    was past by more than `late` when the event came, the enrolment ends as expired. `moved_by` are events that change
    the date.
    """

    match: None = None
    offset: Annotated[timedelta | None, Field(ge=-FURTHEST, le=FURTHEST, exclude_if=lambda given: given is None)] = None
    date: Annotated[str | None, Field(max_length=100, exclude_if=lambda given: given is None)] = None
    at: Annotated[str | None, Field(pattern=_HOUR, exclude_if=lambda given: given is None)] = None
    late: Annotated[timedelta, Field(ge=timedelta(0), le=_LONGEST, exclude_if=lambda given: given == _A_DAY)] = _A_DAY
    moved_by: Annotated[tuple[Moving, ...], Field(max_length=10, exclude_if=lambda given: not given)] = ()

    @model_validator(mode="after")
    def _dated(self) -> Self:
        if self.offset is None and (self.model_fields_set & {"date", "at", "late", "moved_by"}):
            raise ValueError("`date`, `at`, `late` and `moved_by` go with an `offset`")
        if self.at is not None and self.offset is not None and self.offset % _A_DAY:
            raise ValueError("with an hour, the `offset` is in whole days")
        return self


class Entry(Part):
    """Who may be enrolled again. `key` is a field of the trigger, such as `sku`; without one it is the party.

    Of one party and key one enrolment runs at a time. `again`: whether, or how long after the last one began, there may
    be another.
    """

    key: Annotated[str, Field(max_length=100)] | None = None
    again: Literal["always", "never"] | Annotated[timedelta, Field(gt=timedelta(0))] = "always"


class Sample(NamedTuple):
    """A text of a step as a sample customer would read it."""

    step: int
    template: str
    locale: str
    subject: str
    body: str
    html: str | None = None


class Definition(Part):
    """A campaign. `purpose: service` needs no consent; every other needs one for its purpose and topic.

    `max_age` is the longest from the trigger's occurrence to its recording; an older trigger ends as `expired`. `lasts`
    is the longest from the trigger to the last step, for steps that may be taken more than once; else it is their sum.
    `holdout`: so many parties of a hundred are enrolled and never written to. `type` says by what it is measured;
    `tutorial` names the steps of a tutorial in their order, each the label of a link that its templates track.
    """

    name: Name
    description: Annotated[str, Field(max_length=500)] = ""
    type: Annotated[ContentType | None, Field(exclude_if=lambda given: given is None)] = None
    tutorial: Annotated[tuple[Name, ...], Field(max_length=20, exclude_if=lambda names: not names)] = ()
    trigger: Trigger
    filter: Condition | None = None
    entry: Entry | None = None
    exit_on: Annotated[tuple[Heard, ...], Field(max_length=10)] = ()
    goal: Heard | None = None
    holdout: Annotated[int, Field(ge=1, le=99)] | None = None
    follow_up: bool = False
    priority: Annotated[int, Field(ge=-1_000, le=1_000)] = 0
    purpose: Annotated[str, Field(min_length=1, max_length=60)] = "marketing"
    topic: Annotated[Annotated[str, Field(max_length=100)] | None, BlankIsNone] = None
    max_age: Annotated[timedelta, Field(gt=timedelta(0))] = timedelta(days=7)
    lasts: Annotated[timedelta, Field(gt=timedelta(0), le=_LONGEST)] | None = None
    when: Match | None = None
    skip: Skip = Skip()
    steps: Annotated[tuple[Step, ...], Field(min_length=1, max_length=50)]

    @field_validator("trigger", mode="before")
    @classmethod
    def _named(cls, trigger: object) -> object:
        return {"event": trigger} if isinstance(trigger, str) else trigger

    @model_validator(mode="after")
    def _bounded(self) -> Self:
        if self.longest_wait > _LONGEST:
            raise ValueError("the waits of all steps must not exceed a year together")
        return self

    @cached_property
    def is_flow(self) -> bool:
        """Whether enrolments have a state between their messages; plain sends after a sale need none."""
        return (
            self.trigger.event != SALE
            or self.trigger.where is not None
            or self.trigger.offset is not None
            or any((self.filter, self.entry, self.exit_on, self.goal))
            or any(not isinstance(step, Send) or step.go is not None for step in self.steps)
        )

    @cached_property
    def sends(self) -> Mapping[int, Send]:
        """The messages by the number of their step, from 1."""
        return {number: step for number, step in enumerate(self.steps, start=1) if isinstance(step, Send)}

    @cached_property
    def waits(self) -> Sequence[timedelta]:
        """From the trigger to when the message of each step is due, where nothing but time passes before it."""
        return list(accumulate(step.wait if isinstance(step, Send) else timedelta(0) for step in self.steps))

    @cached_property
    def hears(self) -> frozenset[str]:
        """The events that start, move or end an enrolment of a flow."""
        heard = [self.trigger, *self.trigger.moved_by, *self.exit_on, *([self.goal] if self.goal else ())]
        heard += [step.wait_for for step in self.steps if isinstance(step, WaitFor)]
        return frozenset(each.event for each in heard)

    @property
    def longest_wait(self) -> timedelta:
        """From the trigger to when the last step may be due; a flow that has lasted so long is given up."""
        return self.lasts or sum(map(_wait_of, self.steps), timedelta(0))

    @property
    def needs_consent(self) -> bool:
        return self.purpose != NEEDS_NO_CONSENT

    def samples(self) -> Iterator[Sample]:
        """Every text as it will look, in the order of the steps."""
        for number, step in self.sends.items():
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


def _wait_of(step: Step) -> timedelta:
    match step:
        case Send(wait=wait) | Pause(wait=wait):
            return wait
        case WaitFor(wait_for=awaited):
            return awaited.within
        case _:
            return timedelta(0)
