"""A ticket that changes hands, and what is told of it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from services.support.reasons import texts_of
from services.support.routing.domain.choice import Waiting
from shared.engine.event import Emission, Event
from shared.events.reasons import CodedReason
from shared.events.tickets import Handing, TicketAssigned


@dataclass(frozen=True, slots=True)
class Handed:
    """`agent` answers for the ticket from now on, nobody where it is None; `id` is that of the event.

    A ticket that was `refused` is not routed to who had it again; one of an agent who left may be.
    """

    id: UUID
    ticket_id: UUID
    agent: str | None
    previous: str | None
    how: Handing
    why: tuple[CodedReason, ...]
    refused: bool = False


def announce(ticket: Waiting, handed: Handed, now: datetime, cause: Event[Any] | None) -> Emission:
    data = TicketAssigned(
        ticket_id=ticket.id,
        party_id=ticket.party_id,
        request_event_id=ticket.request_event_id,
        recorded_at=now,
        queue=ticket.queue,
        agent=handed.agent,
        previous=handed.previous,
        how=handed.how,
        why=tuple(texts_of(handed.why)),
        because=handed.why,
    )
    return Emission(data=data, time=now, cause=cause, id=handed.id)
