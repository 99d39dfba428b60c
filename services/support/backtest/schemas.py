"""Rules of triage and routing, tried on tickets of the past."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field

from services.support.categories import Queue
from services.support.routing.schemas import AgentDefinition, Name, Skill
from services.support.sla.domain.clock import ClockState, Policy
from services.support.sla.schemas import ClockView, NewCalendar
from shared.events.reasons import CodedReason
from shared.events.tickets import Priority, SlaMetric
from shared.events.values import ReportedInstant
from shared.http.staff import StaffId


class CategoryRule(BaseModel):
    """What a category weighs and needs; what requests of it say stays with the model."""

    impact: Annotated[int, Field(ge=1, le=3)]
    skills: Annotated[tuple[Skill, ...], Field(max_length=20)] = ()


class RulesDraft(BaseModel):
    """Rules to try on tickets that were taken in from `since` on and before `until`; what is left out is as it is now.

    `queues` replaces all of them. `agents` are changed or added, and who is new is online whenever the shift is on.
    With `asks_model` the model in force says what requests are about, else what was said then stands.
    """

    since: ReportedInstant
    until: ReportedInstant
    categories: Annotated[dict[Name, CategoryRule], Field(max_length=200)] = {}
    queues: Annotated[list[Queue], Field(min_length=1, max_length=100)] | None = None
    agents: Annotated[dict[StaffId, AgentDefinition], Field(max_length=1_000)] = {}
    asks_model: bool = False
    shown: Annotated[int, Field(ge=0, le=1_000)] = 100


class Fate(BaseModel):
    """What triage and routing made of a ticket; `agent` was given it first, null where nobody was within the time."""

    category: str | None
    priority: Priority
    queue: str | None
    agent: str | None
    waited_s: float | None


class BacktestedTicket(BaseModel):
    """Why it would go to another agent: `because` says in codes what `why` says in English."""

    ticket_id: UUID
    number: int
    before: Fate
    after: Fate
    why: list[str]
    because: list[CodedReason]


class FateFigures(BaseModel):
    """Seconds from triage until somebody answered; of those that were given to nobody there are none."""

    given: int
    waited_p50_s: float | None
    waited_p95_s: float | None
    by_priority: dict[Priority, int]
    by_queue: dict[str, int]
    by_agent: dict[str, int]


class RulesBacktest(BaseModel):
    """`changed` counts tickets by what is different; `items` are the first of those."""

    since: datetime
    until: datetime
    tickets: int
    changed: dict[str, int]
    before: FateFigures
    after: FateFigures
    items: list[BacktestedTicket]


class PromisesDraft(BaseModel):
    """Policies and calendars to try on tickets that were taken in from `since` on and before `until`; what is left out
    is as it is now. A ticket is measured by the policy of the name that it was promised by, for its priority of then.
    """

    since: ReportedInstant
    until: ReportedInstant
    policies: Annotated[dict[Name, Policy], Field(max_length=100)] = {}
    calendars: Annotated[dict[Name, NewCalendar], Field(max_length=100)] = {}
    shown: Annotated[int, Field(ge=0, le=1_000)] = 100


class PromiseFate(BaseModel):
    """A ticket's clocks as they stood at the end of the time; `policy_version` is 0 where the policy is tried."""

    policy: str
    policy_version: int
    clocks: list[ClockView]


class BacktestedPromise(BaseModel):
    ticket_id: UUID
    number: int
    before: PromiseFate
    after: PromiseFate


class PromiseFigures(BaseModel):
    """Clocks by what is measured and how they stood, and how many had been warned of."""

    clocks: dict[SlaMetric, dict[ClockState, int]]
    warned: dict[SlaMetric, int]


class PromisesBacktest(BaseModel):
    """`changed` are the tickets of which any clock stood otherwise; `items` are the first of those."""

    since: datetime
    until: datetime
    tickets: int
    changed: int
    before: PromiseFigures
    after: PromiseFigures
    items: list[BacktestedPromise]
