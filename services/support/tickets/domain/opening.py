"""How a request becomes a ticket of its own, linked to the ticket whose thread it continues."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.support.copies.domain import plain
from services.support.tickets.domain.ticket import Ticket
from shared.engine.event import Emission, Event
from shared.events.requests import SupportRequested
from shared.events.tickets import TicketOpened
from shared.ids import derived_id


@dataclass(frozen=True, slots=True)
class Opening:
    """A ticket about to be stored. `follows` is the newest earlier ticket of the same customer in the same thread."""

    id: UUID
    number: int
    follows: UUID | None
    subject: str | None
    body: str | None
    thread: str | None
    in_reply_to: str | None
    sku: str | None
    sale_id: str | None
    locale: str | None
    recorded_at: datetime
    event: Event[SupportRequested]

    @property
    def ticket(self) -> Ticket:
        return Ticket(self.id, self.event.data.party_id, self.event.id, "new", 1)


def ticket_id(event: Event[SupportRequested]) -> UUID:
    """A request makes the same ticket however often it is read."""
    return derived_id("ticket", event.id)


def open_ticket(event: Event[SupportRequested], number: int, follows: UUID | None, *, erased: bool) -> Opening:
    """A request of an erased party still counts as a ticket, but its text is dropped."""
    request = event.data
    return Opening(
        id=ticket_id(event),
        number=number,
        follows=follows,
        subject=None if erased else plain(request.subject),
        body=None if erased else plain(request.body),
        thread=plain(request.thread),
        in_reply_to=plain(request.in_reply_to),
        sku=plain(request.sku),
        sale_id=plain(request.sale_id),
        locale=plain(request.locale),
        recorded_at=event.now,
        event=event,
    )


def has_text(request: SupportRequested) -> bool:
    return plain(request.subject) is not None or plain(request.body) is not None


def announce_opening(opening: Opening) -> Emission:
    """The event that tells of a new ticket. It says whether there was a text, not what it said."""
    event, request = opening.event, opening.event.data
    opened = TicketOpened(
        ticket_id=opening.id,
        party_id=request.party_id,
        request_event_id=event.id,
        recorded_at=opening.recorded_at,
        number=opening.number,
        channel=request.channel,
        has_text=has_text(request),
        sku=opening.sku,
        sale_id=opening.sale_id,
        origin=request.origin,
        follows=opening.follows,
    )
    return Emission(data=opened, time=event.time, cause=event)
