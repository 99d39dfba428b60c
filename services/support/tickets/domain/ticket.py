"""What agents do with a ticket, as the rows to store and the events to publish. Time and ids are arguments."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, TypedDict
from uuid import UUID

from services.support.tickets.domain.status import IllegalMove, is_reopening, require_move
from shared.engine.event import Emission
from shared.events.tickets import (
    TicketNoted,
    TicketReopened,
    TicketReplied,
    TicketResolved,
    TicketStatus,
    TicketStatusChanged,
)

ReplyKind = Literal["reply", "note"]


@dataclass(frozen=True, slots=True)
class Ticket:
    """What the rules need of a ticket. `version` counts its changes: statuses, replies and notes."""

    id: UUID
    party_id: UUID
    request_event_id: str
    status: TicketStatus
    version: int


@dataclass(frozen=True, slots=True)
class StatusChange:
    """One step of the status machine, as it is kept."""

    previous: TicketStatus
    status: TicketStatus
    agent: str | None


@dataclass(frozen=True, slots=True)
class Changed:
    """The outcome of one act: the ticket after it, the step if its status moved, and what to publish, in order."""

    ticket: Ticket
    step: StatusChange | None
    emissions: list[Emission]


def move(ticket: Ticket, status: TicketStatus, agent: str | None, now: datetime) -> Changed:
    """Take the ticket to another status. Raises IllegalMove where the machine has no such arrow."""
    require_move(ticket.status, status)
    return _advance(ticket, status, agent, now)


def write(ticket: Ticket, reply_id: UUID, kind: ReplyKind, agent: str, now: datetime) -> Changed:
    """Add a reply to the customer or a note among agents; the first reply opens a new ticket.

    Raises IllegalMove for a reply to a closed ticket; notes are always possible.
    """
    if kind == "note":
        changed = replace(ticket, version=ticket.version + 1)
        noted = TicketNoted(**_common(ticket, now), note_id=reply_id, agent=agent)
        return Changed(changed, None, [Emission(data=noted, time=now)])
    if ticket.status == "closed":
        raise IllegalMove(
            "A closed ticket takes no replies; set its status to open first, or add a note.",
            field="kind",
            state={"status": ticket.status, "allowed": ["open"]},
        )
    replied = TicketReplied(**_common(ticket, now), reply_id=reply_id, author="agent", has_text=True, agent=agent)
    said = Emission(data=replied, time=now)
    if ticket.status != "new":
        return Changed(replace(ticket, version=ticket.version + 1), None, [said])
    opened = _advance(ticket, "open", agent, now)
    return replace(opened, emissions=[said, *opened.emissions])


def _advance(ticket: Ticket, status: TicketStatus, agent: str | None, now: datetime) -> Changed:
    moved = replace(ticket, status=status, version=ticket.version + 1)
    common = _common(ticket, now)
    changed = TicketStatusChanged(**common, previous=ticket.status, status=status, version=moved.version, agent=agent)
    data: list[object] = [changed]
    if status == "resolved":
        data.append(TicketResolved(**common, agent=agent))
    if is_reopening(ticket.status, status):
        data.append(TicketReopened(**common, agent=agent))
    step = StatusChange(ticket.status, status, agent)
    return Changed(moved, step, [Emission(data=each, time=now) for each in data])


class _Common(TypedDict):
    ticket_id: UUID
    party_id: UUID
    request_event_id: str
    recorded_at: datetime


def _common(ticket: Ticket, now: datetime) -> _Common:
    return _Common(
        ticket_id=ticket.id, party_id=ticket.party_id, request_event_id=ticket.request_event_id, recorded_at=now
    )
