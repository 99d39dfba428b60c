"""`crm.tickets`: what has to be done before a ticket is resolved."""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from shared.events.contract import contract
from shared.events.tickets import TICKETS
from shared.events.values import Instant

SubtaskStatus = Literal["open", "done", "dropped"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SubtaskStands:
    """A subtask as it stands by `version`, which begins with 1; its title is told nowhere. `assignee` is whose it is,
    `agent` who did the last thing to it; both are staff ids. Readers accept unknown statuses.
    """

    ticket_id: UUID
    party_id: UUID
    request_event_id: str | None
    recorded_at: Instant
    subtask_id: UUID
    version: int
    subtask_status: str
    assignee: str | None
    due_at: Instant | None
    agent: str


@contract(TICKETS, "crm.ticket.subtask_added.v1", key="party_id", subject="ticket/{ticket_id}")
@dataclass(frozen=True, slots=True, kw_only=True)
class TicketSubtaskAdded(SubtaskStands):
    """Something more has to be done for the ticket."""


@contract(TICKETS, "crm.ticket.subtask_changed.v1", key="party_id", subject="ticket/{ticket_id}")
@dataclass(frozen=True, slots=True, kw_only=True)
class TicketSubtaskChanged(SubtaskStands):
    """It was done, dropped, opened again, given to somebody else, or is due at another time."""


@contract(TICKETS, "crm.ticket.subtask_overdue.v1", key="party_id", subject="ticket/{ticket_id}")
@dataclass(frozen=True, slots=True, kw_only=True)
class TicketSubtaskOverdue(SubtaskStands):
    """The time until which it was to be done has passed, and it is open. Told once of each such time."""
