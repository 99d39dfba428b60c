"""How requests become tickets: one each, linked to the ticket whose thread they continue."""

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from services.support.copies.domain import plain
from shared.engine.event import Emission, Event
from shared.events.requests import SupportRequested
from shared.events.tickets import TicketOpened
from shared.ids import derived_id

Thread = tuple[UUID, str]


@dataclass(frozen=True, slots=True)
class Opening:
    """A ticket about to be stored. `follows` is the newest earlier ticket of the same party in the same thread."""

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


def ticket_id(event: Event[SupportRequested]) -> UUID:
    """A request makes the same ticket however often it is read."""
    return derived_id("ticket", event.id)


def threads_of(request: SupportRequested) -> list[Thread]:
    """The threads that a request may continue: its own and that of the message it answers."""
    names = dict.fromkeys(map(plain, (request.thread, request.in_reply_to)))
    return [(request.party_id, name) for name in names if name is not None]


def open_tickets(
    events: Sequence[Event[SupportRequested]],
    numbers: Iterable[int],
    threads: Mapping[Thread, tuple[int, UUID]],
    erased: AbstractSet[UUID],
) -> list[Opening]:
    """A ticket per request, in order. `threads` has number and id of the newest ticket in each thread asked for.

    A request of an erased party still counts as a ticket, but its text is dropped.
    """
    return list(_openings(events, iter(numbers), dict(threads), erased))


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
        has_text=plain(request.subject) is not None or plain(request.body) is not None,
        sku=opening.sku,
        sale_id=opening.sale_id,
        origin=request.origin,
        follows=opening.follows,
    )
    return Emission(data=opened, time=event.time, cause=event)


def _openings(
    events: Iterable[Event[SupportRequested]],
    numbers: Iterator[int],
    threads: dict[Thread, tuple[int, UUID]],
    erased: AbstractSet[UUID],
) -> Iterator[Opening]:
    for event in events:
        request = event.data
        continued = [threads[thread] for thread in threads_of(request) if thread in threads]
        opening = Opening(
            id=ticket_id(event),
            number=next(numbers),
            follows=max(continued)[1] if continued else None,
            subject=plain(request.subject),
            body=plain(request.body),
            thread=plain(request.thread),
            in_reply_to=plain(request.in_reply_to),
            sku=plain(request.sku),
            sale_id=plain(request.sale_id),
            locale=plain(request.locale),
            recorded_at=event.now,
            event=event,
        )
        if opening.thread is not None:
            threads[request.party_id, opening.thread] = (opening.number, opening.id)
        yield replace(opening, subject=None, body=None) if request.party_id in erased else opening
