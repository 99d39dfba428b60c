"""`crm.tickets`: agents who follow a ticket."""

from dataclasses import dataclass
from uuid import UUID

from shared.events.contract import contract
from shared.events.tickets import TICKETS
from shared.events.values import Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class _Following:
    """The agent is a staff id."""

    ticket_id: UUID
    party_id: UUID
    request_event_id: str | None
    recorded_at: Instant
    agent: str


@contract(TICKETS, "crm.ticket.followed.v1", key="party_id", subject="ticket/{ticket_id}")
@dataclass(frozen=True, slots=True, kw_only=True)
class TicketFollowed(_Following):
    """An agent wants to know from now on what becomes of the ticket."""


@contract(TICKETS, "crm.ticket.unfollowed.v1", key="party_id", subject="ticket/{ticket_id}")
@dataclass(frozen=True, slots=True, kw_only=True)
class TicketUnfollowed(_Following):
    """An agent does not any more."""
