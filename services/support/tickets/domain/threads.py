"""Which requests join a ticket that stands, and which open one: by what they refer to, and by whose they are."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set as AbstractSet
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

from services.support.copies.domain import plain
from services.support.tickets.domain.opening import Opening, has_text, open_ticket
from services.support.tickets.domain.status import SETTLED, STATES
from services.support.tickets.domain.ticket import Changed, Ticket, receive
from shared.engine.event import Event
from shared.events.requests import SupportRequested
from shared.events.values import Channel
from shared.ids import dated_id

Thread = tuple[UUID, str]
"""A party and what one of its messages is known by."""
_PREFIX = re.compile(r"^\s*(?:re|fwd?|sv|vs|aw|wg|antw|tr|rv|r|i)\s*(?:\[\d+\])?\s*:\s*", re.IGNORECASE)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Joining:
    """A message that continues a ticket. `changed` is the ticket after it."""

    reply_id: UUID
    subject: str | None
    body: str | None
    reference: str | None
    changed: Changed
    event: Event[SupportRequested]


@dataclass(frozen=True, slots=True)
class Known:
    """What stands before a batch: to which tickets references lead, those with their numbers, the parties of each
    customer who has several, and what else the requests of a mail refer to, by their events.
    """

    references: Mapping[Thread, UUID]
    tickets: Mapping[UUID, tuple[int, Ticket]]
    families: Mapping[UUID, Sequence[UUID]]
    referred: Mapping[str, Sequence[str]] = field(default_factory=dict)


def threads_of(
    request: SupportRequested, parties: Sequence[UUID] | None = None, referred: Sequence[str] = ()
) -> list[Thread]:
    """The threads that a request may continue: its own, that of the message it answers, and those of what else its mail
    refers to, of each party.
    """
    names = dict.fromkeys(map(plain, (request.thread, request.in_reply_to, *referred)))
    return [(party, name) for name in names if name is not None for party in parties or [request.party_id]]


def sort_requests(
    events: Iterable[Event[SupportRequested]],
    numbers: Iterator[int],
    known: Known,
    erased: AbstractSet[UUID],
    reopening: Mapping[Channel, timedelta],
) -> list[Opening | Joining]:
    """What becomes of each request, in order; a later one may continue what an earlier one opened."""
    references, tickets = dict(known.references), dict(known.tickets)
    sorted_: list[Opening | Joining] = []
    for event in events:
        request = event.data
        number, newest = _continued(event, known, references, tickets)
        become: Opening | Joining
        if newest is not None and takes(newest, event, reopening):
            become = _join(newest, event, forgotten=request.party_id in erased)
            ticket = become.changed.ticket
        else:
            number, follows = next(numbers), newest.id if newest else None
            become = open_ticket(event, number, follows, erased=request.party_id in erased)
            ticket = become.ticket
        tickets[ticket.id] = number, ticket
        if (name := plain(request.thread)) is not None:
            references[request.party_id, name] = ticket.id
        sorted_.append(become)
    return sorted_


def _continued(
    event: Event[SupportRequested],
    known: Known,
    references: Mapping[Thread, UUID],
    tickets: Mapping[UUID, tuple[int, Ticket]],
) -> tuple[int, Ticket | None]:
    """The newest ticket of this customer that the message names, else that what its mail refers to besides does.

    A ticket that went on in one of somebody who was taken for the same customer leads there, which is another's now.
    """
    parties = known.families.get(event.data.party_id) or [event.data.party_id]
    for referred in ((), known.referred.get(event.id, ())):
        threads = threads_of(event.data, parties, referred)
        found = [tickets[references[thread]] for thread in threads if thread in references]
        if own := [each for each in found if each[1].party_id in parties]:
            return max(own, key=lambda each: each[0])
    return 0, None


def takes(ticket: Ticket, event: Event[SupportRequested], reopening: Mapping[Channel, timedelta]) -> bool:
    """Whether a message joins the ticket; a settled one takes it for as long as its channel's policy says."""
    if STATES[ticket.status].written is None:
        return False
    if ticket.status not in SETTLED:
        return True
    allowed = reopening.get(event.data.channel, timedelta())
    return ticket.settled_at is not None and event.now - ticket.settled_at < allowed


def suggests_split(subject: str | None, of_ticket: str | None) -> bool:
    """Whether a message speaks of something else than its ticket: its subject is another, however it was prefixed."""
    if subject is None or of_ticket is None:
        return False
    return _bare(subject) != _bare(of_ticket)


def _bare(subject: str) -> str:
    before = None
    while before != subject:
        before, subject = subject, _PREFIX.sub("", subject)
    return " ".join(subject.casefold().split())


def _join(ticket: Ticket, event: Event[SupportRequested], *, forgotten: bool) -> Joining:
    request = event.data
    sent = event.timestamp if event.timestamp is not None else (event.now - _EPOCH) // timedelta(milliseconds=1)
    # Replies are listed by their ids, which grow with time; the same message has the same id however often it is read.
    reply_id = dated_id(sent, event.source, event.id, "message")
    return Joining(
        reply_id=reply_id,
        subject=None if forgotten else plain(request.subject),
        body=None if forgotten else plain(request.body),
        reference=plain(request.thread),
        changed=receive(ticket, reply_id, event, has_text=has_text(request)),
        event=event,
    )
