"""What is done to tickets. Each command locks the party, then the ticket, so that events leave in the order of acts."""

from collections.abc import Sequence, Set as AbstractSet
from uuid import UUID

from services.support.copies import commands as copies
from services.support.tickets import store
from services.support.tickets.domain import opening
from services.support.tickets.domain.status import MOVES
from services.support.tickets.domain.ticket import Changed, ReplyKind, Ticket, move, write
from services.support.tickets.schemas import TicketState
from shared.engine.event import Event
from shared.engine.transaction import Transaction
from shared.errors import NotFound, Stale
from shared.events.requests import SupportRequested
from shared.events.tickets import TicketNoted, TicketOpened, TicketReplied, TicketStatus, TicketStatusChanged
from shared.http.versions import Versions
from shared.ids import new_id


async def open_tickets(tx: Transaction, events: Sequence[Event[SupportRequested]], erased: AbstractSet[UUID]) -> int:
    """Open a ticket for each request that has none; the number of them. The parties are locked by the caller."""
    threads = await store.load_threads(tx, [thread for event in events for thread in opening.threads_of(event.data)])
    numbers = await store.draw_numbers(tx, len(events))
    openings = opening.open_tickets(events, numbers, threads, erased)

    added = await store.add_tickets(tx, openings)
    await store.complete_tickets(tx, [each for each in openings if each.id not in added])
    tx.emit([opening.announce_opening(each) for each in openings if each.id in added])
    return len(added)


async def take_back(
    tx: Transaction, event: Event[TicketOpened | TicketReplied | TicketNoted | TicketStatusChanged]
) -> None:
    """After a restore, of a ticket whose party is locked: what an event of ours tells of it."""
    match event.data:
        case TicketOpened() as opened:
            await store.take_back_ticket(tx, opened, event.time)
        case TicketReplied(agent=str(agent)) as replied:
            await store.take_back_reply(tx, replied.ticket_id, replied.reply_id, "reply", agent, replied.recorded_at)
        case TicketNoted() as noted:
            await store.take_back_reply(tx, noted.ticket_id, noted.note_id, "note", noted.agent, noted.recorded_at)
        case TicketStatusChanged() as changed:
            await store.take_back_status(tx, changed)


async def continue_numbers(tx: Transaction) -> None:
    """After a restore: on after the highest number that any ticket has."""
    await store.continue_numbers(tx)


async def write_reply(tx: Transaction, ticket_id: UUID, kind: ReplyKind, agent: str, text: str) -> tuple[UUID, Ticket]:
    """Answer the customer or leave a note; the reply's id and the ticket after it. The first reply opens a new ticket.

    Where the customer was erased, nothing is kept of the text. Raises NotFound and IllegalMove.
    """
    reply_id = new_id()
    ticket, erased = await _lock(tx, ticket_id, None)
    changed = await _save(tx, write(ticket, reply_id, kind, agent, tx.now))
    await store.add_reply(tx, reply_id, ticket_id, kind, agent, None if erased else text, tx.now)
    return reply_id, changed


async def move_ticket(
    tx: Transaction, ticket_id: UUID, status: TicketStatus, agent: str | None, versions: Versions
) -> Ticket:
    """Take the ticket to another status, with `versions` only from one of them.

    Raises NotFound, Stale and IllegalMove.
    """
    ticket, _ = await _lock(tx, ticket_id, versions)
    return await _save(tx, move(ticket, status, agent, tx.now))


async def forget(tx: Transaction, parties: Sequence[UUID]) -> None:
    """Drop what these parties wrote and what was written to them; tickets stay and are counted."""
    if parties:
        await store.forget_ticket_texts(tx, parties)
        await store.forget_reply_texts(tx, parties)


def state_of(ticket: Ticket) -> TicketState:
    """The ticket as an act answers it."""
    return TicketState(id=ticket.id, status=ticket.status, version=ticket.version, allowed=list(MOVES[ticket.status]))


async def _lock(tx: Transaction, ticket_id: UUID, versions: Versions) -> tuple[Ticket, bool]:
    """The ticket under the lock of its party, and whether the party was erased."""
    party_id = await store.find_party_of_ticket(tx, ticket_id)
    if party_id is None:
        raise NotFound("no ticket has this id")
    erased = await copies.lock_party(tx, party_id)
    ticket = await store.lock_ticket(tx, ticket_id)
    if versions is not None and ticket.version not in versions:
        raise Stale("the ticket has changed; read it again", field="If-Match", state=state_of(ticket))
    return ticket, erased


async def _save(tx: Transaction, changed: Changed) -> Ticket:
    await store.save_change(tx, changed, tx.now)
    tx.emit(changed.emissions)
    return changed.ticket
