"""Agents, queues, and who answers for a ticket."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, Field, StringConstraints, model_validator

from services.support.routing.domain.agent import Absence, Presence
from shared.events.reasons import CodedReason
from shared.events.tickets import Handing, ReturnReason
from shared.events.values import Channel
from shared.http.staff import StaffId

Skill = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_:-]{0,63}$")]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,63}$")]


class AgentDefinition(BaseModel):
    """`capacity` has how many tickets may be open at once by channel; a channel that is not named gets none.

    The shift is in the hours of `calendar`; without one, presence alone decides.
    """

    skills: Annotated[list[Skill], Field(max_length=100)] = []
    queues: Annotated[list[Name], Field(max_length=100)] = []
    capacity: dict[Channel, Annotated[int, Field(ge=0, le=1_000)]] = {}
    calendar: Name | None = None


class AgentState(AgentDefinition):
    """`version` is the ETag to send as If-Match. `tickets` are those that are open."""

    id: str
    version: int
    presence: Presence
    absence: Absence | None
    present_since: datetime
    last_assigned_at: datetime | None
    tickets: int


class AgentView(AgentState):
    """`seconds` has how long the agent was in each state since a time that the question names."""

    on_shift: bool
    seconds: dict[Presence, float]


class AgentVersion(BaseModel):
    id: str
    version: int


class NewPresence(BaseModel):
    """Whoever is away or offline gives every open ticket back, with the reason."""

    presence: Presence
    absence: Absence | None = None

    @model_validator(mode="after")
    def _reasoned(self) -> Self:
        if self.absence is not None and self.presence in {"online", "busy"}:
            raise ValueError("only who is away or offline has a reason for it")
        return self


class Assigning(BaseModel):
    """`agent` answers from now on; null gives the ticket back to its queue, which needs a `reason`.

    A ticket that somebody answers for is claimed only with `take_over`.
    """

    agent: StaffId | None
    reason: ReturnReason | None = None
    take_over: bool = False

    @model_validator(mode="after")
    def _reasoned(self) -> Self:
        if (self.agent is None) != (self.reason is not None):
            raise ValueError("a reason is given where, and only where, a ticket is given back")
        return self


class NewAssignment(Assigning):
    """`by` is who acts."""

    by: StaffId | None = None


class AssignmentStep(BaseModel):
    agent: str | None
    previous: str | None
    how: Handing
    why: list[str]
    because: list[CodedReason]
    changed_at: datetime


class AssignmentView(BaseModel):
    """Who answers for a ticket and why; without an agent it waits in its queue, or is settled.

    `waits_because` says what keeps a ticket that waits from being given to somebody, as of now. `because` and
    `waits_reason` say in codes what `why` and `waits_because` say in English; `because` is empty where it was decided
    before there were codes.
    """

    queue: str
    agent: str | None
    how: Handing | None
    why: list[str]
    because: list[CodedReason]
    assigned_at: datetime | None
    waiting_since: datetime | None
    waits_because: str | None = None
    waits_reason: CodedReason | None = None
    steps: list[AssignmentStep]


class QueueLine(BaseModel):
    """`oldest` is since when the first of those that wait has waited."""

    name: str
    waiting: int
    oldest: datetime | None


class QueueList(BaseModel):
    items: list[QueueLine]


class WaitingTicket(BaseModel):
    """`place` orders before the time: 0 is escalated, 1 urgent, 2 high, 3 normal, 4 low."""

    ticket_id: UUID
    number: int
    party_id: UUID
    place: int
    waiting_since: datetime
    skills: list[str]
