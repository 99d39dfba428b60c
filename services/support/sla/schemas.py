"""What is promised, and how a ticket stands against it."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from services.support.sla.domain.calendar import Calendar, Hours
from services.support.sla.domain.clock import ClockState, Policy
from shared.events.tickets import Priority, SlaMetric, TicketStatus

_MOST_HOURS = 24
_MOST_CLOSED = 1_000


class NewCalendar(Calendar):
    """As it is defined from now on: each of its hours and closed days is looked at whenever a ticket is measured."""

    week: tuple[Annotated[tuple[Hours, ...], Field(max_length=_MOST_HOURS)], ...] = Field(min_length=7, max_length=7)
    closed: Annotated[tuple[date, ...], Field(max_length=_MOST_CLOSED)] = ()


class PolicyVersion(BaseModel):
    name: str
    version: int
    definition: Policy
    source: Literal["file", "http"]
    published_at: datetime


class CalendarVersion(BaseModel):
    name: str
    version: int
    definition: Calendar
    source: Literal["file", "http"]
    published_at: datetime


class PolicyList(BaseModel):
    items: list[PolicyVersion]


class CalendarList(BaseModel):
    items: list[CalendarVersion]


class Published(BaseModel):
    """The newest version after a write; the same definition again makes none."""

    name: str
    version: int


class ClockView(BaseModel):
    """`due_at` is null while the clock is paused. `state` is as of now."""

    metric: SlaMetric
    cycle: int
    started_at: datetime
    ended_at: datetime | None
    warn_at: datetime | None
    due_at: datetime | None
    state: ClockState


class Measured(BaseModel):
    """Clocks by one version of a policy and of a calendar, for one priority."""

    policy: str
    policy_version: int
    calendar: str
    calendar_version: int
    agreement_id: UUID | None
    priority: Priority
    clocks: list[ClockView]


class SlaView(BaseModel):
    """A ticket as promised `then`, and by the rule and the priority of `today`; null where nothing was promised yet.

    `next_due_at` is the earliest open deadline of what was promised, and `slack` the share of its time that is left.
    """

    next_due_at: datetime | None
    slack: float | None
    then: Measured | None
    today: Measured | None


class Deadline(BaseModel):
    """A ticket whose promise is open, and when it is due."""

    ticket_id: UUID
    number: int
    party_id: UUID
    status: TicketStatus
    priority_now: Priority
    due_at: datetime
