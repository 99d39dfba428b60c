"""What is done to a ticket, as the rows to store and the events to publish. Time and ids are arguments."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, TypedDict
from uuid import UUID

from services.support.tickets.domain.status import SETTLED, STATES, WOKEN_BY_CUSTOMER, illegal, require_move
from shared.engine.event import Emission, Event
from shared.errors import Refused
from shared.events.requests import SupportRequested
from shared.events.tickets import (
    TicketMerged,
    TicketNoted,
    TicketReopened,
    TicketReplied,
    TicketResolved,
    TicketSplit,
    TicketStatus,
    TicketStatusChanged,
    TicketUnmerged,
    Waiting,
)

ReplyKind = Literal["reply", "note"]


class OtherCustomerError(Refused):
    """Two tickets of two customers are never one."""

    status = 409
    reason = "other_customer"


@dataclass(frozen=True, slots=True)
class Ticket:
    """What the rules need of a ticket. `version` counts its changes: statuses, replies, notes and messages.

    `settled_at` is when it was resolved last.
    """

    id: UUID
    party_id: UUID
    request_event_id: str | None
    status: TicketStatus
    version: int
    waits_for: Waiting | None = None
    until: datetime | None = None
    settled_at: datetime | None = None
    merged_into: UUID | None = None


@dataclass(frozen=True, slots=True)
class StatusChange:
    """One step of the machine, as it is kept."""

    previous: TicketStatus
    status: TicketStatus
    agent: str | None


@dataclass(frozen=True, slots=True)
class Changed:
    """The outcome of one act: the ticket after it, the step if its status moved, and what to publish, in order."""

    ticket: Ticket
    step: StatusChange | None
    emissions: list[Emission]


@dataclass(frozen=True, slots=True)
class Pending:
    """For what a pending ticket waits; by default for its customer."""

    waits_for: Waiting = "customer"
    until: datetime | None = None


def move(
    ticket: Ticket, status: TicketStatus, agent: str | None, now: datetime, pending: Pending | None = None
) -> Changed:
    """Take the ticket to another status. Raises IllegalMove where the machine has no such arrow."""
    require_move(ticket.status, status)
    return _advance(ticket, status, agent, now, pending=pending)


def write(ticket: Ticket, reply_id: UUID, kind: ReplyKind, agent: str, now: datetime) -> Changed:
    """Add a reply to the customer or a note among agents; the first reply opens a new ticket.

    Raises IllegalMove for a reply that nobody would follow up; notes are always possible.
    """
    if kind == "note":
        changed = replace(ticket, version=ticket.version + 1)
        noted = TicketNoted(**common(ticket, now), note_id=reply_id, agent=agent)
        return Changed(changed, None, [Emission(data=noted, time=now)])
    status = STATES[ticket.status].replied
    if status is None:
        raise illegal(ticket.status, f"A ticket that is {ticket.status} takes no replies, only notes", "kind")
    replied = TicketReplied(**common(ticket, now), reply_id=reply_id, author="agent", has_text=True, agent=agent)
    return _said(ticket, status, Emission(data=replied, time=now), agent, now)


def receive(ticket: Ticket, reply_id: UUID, event: Event[SupportRequested], *, has_text: bool) -> Changed:
    """Add a message of the customer, which wakes a ticket that waits for it and reopens a settled one."""
    status = STATES[ticket.status].written
    assert status is not None  # whoever joins messages asks first whether the ticket takes them
    if ticket.waits_for is not None and not WOKEN_BY_CUSTOMER[ticket.waits_for]:
        status = ticket.status
    replied = TicketReplied(
        **common(ticket, event.now),
        reply_id=reply_id,
        author="customer",
        has_text=has_text,
        message_event_id=event.id,
        channel=event.data.channel,
    )
    return _said(ticket, status, Emission(data=replied, time=event.time, cause=event), None, event.now, event)


def merge(ticket: Ticket, into: Ticket, agent: str, now: datetime) -> Changed:
    """Have the ticket go on in another, which shows what was written in both. Raises IllegalMove."""
    require_move(ticket.status, "merged")
    if not STATES[into.status].whole:
        raise illegal(into.status, f"Nothing is merged into a ticket that is {into.status}", "into")
    moved = _advance(replace(ticket, merged_into=into.id), "merged", agent, now)
    told = TicketMerged(**common(ticket, now), into=into.id, agent=agent)
    return replace(moved, emissions=[*moved.emissions, Emission(data=told, time=now)])


def unmerge(ticket: Ticket, agent: str, now: datetime) -> Changed:
    """Have a merged ticket go on by itself again. Raises IllegalMove."""
    if ticket.merged_into is None:
        raise illegal(ticket.status, f"A ticket that is {ticket.status} was not merged", "status")
    moved = _advance(replace(ticket, merged_into=None), "open", agent, now)
    told = TicketUnmerged(**common(ticket, now), out_of=ticket.merged_into, agent=agent)
    return replace(moved, emissions=[*moved.emissions, Emission(data=told, time=now)])


def split(ticket: Ticket, into: UUID, replies: Sequence[UUID], agent: str, now: datetime) -> Changed:
    """Take some of what was written out of the ticket, into a new one. Raises IllegalMove."""
    if not STATES[ticket.status].whole:
        raise illegal(ticket.status, f"A ticket that is {ticket.status} is not split", "replies")
    told = TicketSplit(**common(ticket, now), into=into, replies=tuple(replies), agent=agent)
    return Changed(replace(ticket, version=ticket.version + 1), None, [Emission(data=told, time=now)])


def _said(
    ticket: Ticket,
    status: TicketStatus,
    said: Emission,
    agent: str | None,
    now: datetime,
    cause: Event[SupportRequested] | None = None,
) -> Changed:
    if status == ticket.status:
        return Changed(replace(ticket, version=ticket.version + 1), None, [said])
    advanced = _advance(ticket, status, agent, now, cause)
    return replace(advanced, emissions=[said, *advanced.emissions])


def _advance(
    ticket: Ticket,
    status: TicketStatus,
    agent: str | None,
    now: datetime,
    cause: Event[SupportRequested] | None = None,
    pending: Pending | None = None,
) -> Changed:
    waiting = (pending or Pending()) if status == "pending" else None
    moved = replace(
        ticket,
        status=status,
        version=ticket.version + 1,
        waits_for=waiting.waits_for if waiting else None,
        until=waiting.until if waiting else None,
        settled_at=now if status == "resolved" else ticket.settled_at,
    )
    changed = TicketStatusChanged(
        **common(ticket, now),
        previous=ticket.status,
        status=status,
        version=moved.version,
        agent=agent,
        waits_for=moved.waits_for,
        until=moved.until,
    )
    data: list[object] = [changed]
    if status == "resolved":
        data.append(TicketResolved(**common(ticket, now), agent=agent))
    if ticket.status in SETTLED and status == "reopened":
        data.append(TicketReopened(**common(ticket, now), agent=agent))
    step = StatusChange(ticket.status, status, agent)
    return Changed(moved, step, [Emission(data=each, time=now, cause=cause) for each in data])


class Common(TypedDict):
    """What every event about a ticket has."""

    ticket_id: UUID
    party_id: UUID
    request_event_id: str | None
    recorded_at: datetime


def common(ticket: Ticket, now: datetime) -> Common:
    return Common(
        ticket_id=ticket.id, party_id=ticket.party_id, request_event_id=ticket.request_event_id, recorded_at=now
    )
