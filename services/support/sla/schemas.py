"""What is promised, and how a ticket stands against it."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel

from services.support.sla.domain.calendar import Calendar
from services.support.sla.domain.clock import Policy
from shared.events.tickets import SlaMetric


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
    state: Literal["running", "paused", "met", "breached", "cancelled"]


class Measured(BaseModel):
    policy: str
    policy_version: int
    calendar: str
    calendar_version: int
    clocks: list[ClockView]


class SlaView(BaseModel):
    """A ticket as promised `then`, and under the rule that is in force `today`; null where nothing was promised."""

    ticket_id: UUID
    priority: str | None
    next_due_at: datetime | None
    then: Measured | None
    today: Measured | None
