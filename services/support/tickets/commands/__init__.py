"""What is done to tickets. Each command locks the party, then the ticket, so that events leave in the order of acts."""

from collections.abc import Collection, Mapping, Sequence, Set as AbstractSet
from uuid import UUID

from services.support.copies import commands as copies
from services.support.copies.domain import Erasure
from services.support.letters.domain.letter import Draft
from services.support.mail import commands as mail
from services.support.settings import Context
from services.support.tickets import store
from services.support.tickets.domain import ticket as acts
from services.support.tickets.domain.erasure import announce_forgotten
from services.support.tickets.domain.opening import Opening, announce_opening, open_ticket
from services.support.tickets.domain.status import moves_by_hand
from services.support.tickets.domain.threads import Joining, Known, Thread, sort_requests, threads_of
from services.support.tickets.domain.ticket import Changed, Pending, ReplyKind, Ticket, common
from services.support.tickets.schemas import TicketState
from services.support.tickets.store import Written
from shared.engine.event import Emission, Event
from shared.engine.partitions import partition_of
from shared.engine.subscription import Due
from shared.engine.transaction import Transaction
from shared.errors import Invalid, NotFound, Stale
from shared.events.requests import SupportRequested
from shared.events.tickets import TicketOpened, TicketStatus
from shared.http.versions import Versions
from shared.ids import new_id

WAKING = "waking"
"""The timer of tickets that wait until a time."""


async def take_requests(
    tx: Transaction,
    events: Sequence[Event[SupportRequested]],
    families: Mapping[UUID, Sequence[UUID]],
    erased: AbstractSet[UUID],
) -> list[Opening | Joining]:
    """Open a ticket for each request, or have it join the ticket that it continues. The parties are locked."""
    referred = await mail.claim(tx, events, erased)
    known = await store.find_known_requests(tx, [event.id for event in events])
    fresh = [event for event in events if event.id not in known]
    await _complete(tx, [event for event in events if event.id in known], erased)
    threads = [
        each
        for event in fresh
        for each in threads_of(event.data, families.get(event.data.party_id), referred.get(event.id, ()))
    ]
    references = await store.load_references(tx, threads)
    tickets = await store.lock_tickets(tx, sorted(set(references.values())))
    numbers = iter(await store.draw_numbers(tx, len(fresh)) if fresh else ())
    context: Context = tx.context
    become = sort_requests(fresh, numbers, Known(references, tickets, families, referred), erased, context.reopening)
    await _save_requests(tx, become)
    return become


async def _save_requests(tx: Transaction, become: Sequence[Opening | Joining]) -> None:
    """Openings and messages in the order of the log; each is announced in the order of what it led to."""
    joinings = [each for each in become if isinstance(each, Joining)]
    openings = [each for each in become if isinstance(each, Opening)]
    if openings:
        await store.add_tickets(tx, openings)
    await store.add_replies(tx, [store.message_of(each) for each in joinings])
    if joinings:
        await store.save_changes(tx, [each.changed for each in joinings], max(each.event.now for each in joinings))
        await tx.clear_timers(WAKING, [each.changed.ticket.id for each in joinings])
    references: dict[Thread, UUID] = {}
    for each in become:
        ticket, name = _joined(each)
        if name is not None:
            references[each.event.data.party_id, name] = ticket
    await store.save_references(tx, references)
    for each in become:
        tx.emit([announce_opening(each)] if isinstance(each, Opening) else each.changed.emissions)


def _joined(become: Opening | Joining) -> tuple[UUID, str | None]:
    return (become.id, become.thread) if isinstance(become, Opening) else (become.changed.ticket.id, become.reference)


async def _complete(tx: Transaction, events: Sequence[Event[SupportRequested]], erased: AbstractSet[UUID]) -> None:
    """Give what was taken back from the topic, after a restore, the texts and references that only requests tell."""
    if events:
        again = [open_ticket(event, 0, None, erased=event.data.party_id in erased) for event in events]
        await store.complete_tickets(tx, again)
        await store.complete_messages(tx, again)
        await store.complete_references(tx, again)


async def continue_numbers(tx: Transaction) -> None:
    """After a restore: on after the highest number that any ticket has."""
    await store.continue_numbers(tx)


async def write_reply(tx: Transaction, ticket_id: UUID, kind: ReplyKind, agent: str, text: str) -> tuple[UUID, Ticket]:
    """Answer the customer or leave a note; the reply's id and the ticket after it. The first reply opens a new ticket.

    Where the customer was erased, nothing is kept of the text. Raises NotFound and IllegalMove.
    """
    reply_id = new_id()
    ticket, erased = await _lock(tx, ticket_id, None)
    changed = await _save(tx, acts.write(ticket, reply_id, kind, agent, tx.now))
    body = None if erased else text
    await store.add_replies(tx, [Written(reply_id, ticket_id, kind, "agent", agent, body, tx.now, tx.now)])
    if kind == "reply" and body is not None:
        await send_letter(tx, Draft(reply_id, ticket.id, ticket.party_id, ticket.request_event_id, body, tx.now))
    return reply_id, changed


async def send_letter(tx: Transaction, draft: Draft) -> bool:
    """Send an e-mail in the thread of a ticket, which answers to it come into; False where it has none or nothing is
    sent by e-mail.
    """
    if not mail.sends_replies(tx):
        return False
    name = await mail.send_reply(tx, draft, await store.load_correspondence(tx, draft.ticket_id))
    await store.save_references(tx, {(draft.party_id, name): draft.ticket_id} if name else {})
    return name is not None


async def find_address(tx: Transaction, ticket: Ticket) -> str | None:
    """To which e-mail address its thread is answered; None where it is not answered by e-mail."""
    if not mail.sends_replies(tx):
        return None
    return await mail.find_address(tx, ticket.party_id, await store.load_correspondence(tx, ticket.id))


async def move_ticket(
    tx: Transaction,
    ticket_id: UUID,
    status: TicketStatus,
    agent: str | None,
    versions: Versions,
    pending: Pending | None = None,
) -> Ticket:
    """Take the ticket to another status, with `versions` only from one of them.

    Raises NotFound, Stale, IllegalMove, and Invalid where it should wait until a time that has passed.
    """
    if pending is not None and pending.until is not None and pending.until <= tx.now:
        raise Invalid("the time until which the ticket waits has passed already", field="body.until")
    ticket, _ = await _lock(tx, ticket_id, versions)
    return await _save(tx, acts.move(ticket, status, agent, tx.now, pending))


async def wake_tickets(tx: Transaction, due: Sequence[Due]) -> int:
    """Open the tickets whose time of waiting is over; the number of them. Their parties are locked."""
    woken = 0
    for timer in due:
        ticket, _ = await _lock(tx, timer.id, None)
        if ticket.until is not None and ticket.until <= timer.now:
            await _save(tx, acts.move(ticket, "open", None, timer.now))
            woken += 1
    return woken


async def merge_ticket(tx: Transaction, ticket_id: UUID, into: UUID, agent: str, versions: Versions) -> Ticket:
    """Have the ticket go on in another of the same customer.

    Raises NotFound, Stale, IllegalMove, and OtherCustomerError where the other is of another customer.
    """
    if ticket_id == into:
        raise Invalid("a ticket is not merged into itself", field="body.into")
    parties = [await _party_of(tx, each) for each in (ticket_id, into)]
    if parties[1] not in await copies.find_merged_parties(tx, parties[0]):
        raise acts.OtherCustomerError("The two tickets are of two customers.", field="body.into")
    await copies.lock_parties(tx, sorted(set(parties)))
    tickets = await store.lock_tickets(tx, [ticket_id, into])
    ticket, other = tickets[ticket_id][1], tickets[into][1]
    _require_version(ticket, versions)
    return await _save(tx, acts.merge(ticket, other, agent, tx.now))


async def unmerge_ticket(tx: Transaction, ticket_id: UUID, agent: str, versions: Versions) -> Ticket:
    """Have a merged ticket go on by itself again, with all that is its own. Raises NotFound, Stale and IllegalMove."""
    ticket, _ = await _lock(tx, ticket_id, versions)
    return await _save(tx, acts.unmerge(ticket, agent, tx.now))


async def split_ticket(
    tx: Transaction, ticket_id: UUID, replies: Collection[UUID], subject: str | None, agent: str, versions: Versions
) -> tuple[Ticket, UUID, int]:
    """Make a ticket of some of what was written in this one: the ticket after it, id and number of the new one.

    Merging the new one into the ticket again undoes it. Raises NotFound, Stale, IllegalMove and Invalid.
    """
    ticket, _ = await _lock(tx, ticket_id, versions)
    own = await store.find_own_replies(tx, ticket_id, replies)
    if missing := [str(each) for each in replies if each not in own]:
        raise Invalid(f"the ticket has no reply {missing[0]}", field="body.replies")
    into = new_id()
    split = acts.split(ticket, into, list(own), agent, tx.now)
    title = subject or next((each for each in own.values() if each is not None), None)
    made = await store.add_split_ticket(tx, ticket_id, into, title, tx.now)
    await store.move_replies(tx, ticket_id, into, own)
    opened = TicketOpened(
        **common(Ticket(into, ticket.party_id, None, "new", 1), tx.now),
        number=made.number,
        channel=made.channel,
        has_text=True,
        sku=made.sku,
        sale_id=made.sale_id,
        origin=made.origin,
        split_from=ticket_id,
    )
    tx.emit([Emission(data=opened, time=tx.now)])
    return await _save(tx, split), into, made.number


async def lock_parties_of(tx: Transaction, tickets: Collection[UUID]) -> None:
    """Lock the parties of those of these tickets that are known."""
    await copies.lock_parties(tx, await store.find_parties_of_tickets(tx, tickets))


async def find_parties_of(tx: Transaction, tickets: Collection[UUID]) -> list[UUID]:
    return await store.find_parties_of_tickets(tx, tickets)


async def find_party_of_ticket(tx: Transaction, ticket_id: UUID) -> UUID | None:
    return await store.find_party_of_ticket(tx, ticket_id)


async def lock_ticket(tx: Transaction, ticket_id: UUID) -> Ticket:
    """The ticket under the lock of its party. Raises NotFound."""
    ticket, _ = await _lock(tx, ticket_id, None)
    return ticket


async def forget(tx: Transaction, parties: Sequence[UUID]) -> dict[str, dict[UUID, int]]:
    """Drop what these parties wrote and what was written to them; how much there was, by table and party. Tickets stay
    and are counted.
    """
    return {
        "ticket": {party_id: await store.forget_ticket_texts(tx, party_id) for party_id in parties},
        "reply": {party_id: await store.forget_reply_texts(tx, party_id) for party_id in parties},
    }


def confirm(tx: Transaction, erased: Sequence[Erasure], forgotten: Mapping[str, Mapping[UUID, int]]) -> None:
    """Tell that these parties are forgotten, and how much of each there was, by table and party."""
    for each in erased:
        counts = {table: of_parties.get(each.party_id, 0) for table, of_parties in forgotten.items()}
        tx.emit([announce_forgotten(each, {"party": each.copies, **counts})])


async def find_tickets_of(tx: Transaction, parties: Collection[UUID]) -> list[UUID]:
    return await store.find_tickets_of(tx, parties) if parties else []


def state_of(ticket: Ticket) -> TicketState:
    """The ticket as an act answers it."""
    return TicketState(
        id=ticket.id,
        status=ticket.status,
        waits_for=ticket.waits_for,
        until=ticket.until,
        version=ticket.version,
        allowed=moves_by_hand(ticket.status),
    )


async def _party_of(tx: Transaction, ticket_id: UUID) -> UUID:
    party_id = await store.find_party_of_ticket(tx, ticket_id)
    if party_id is None:
        raise NotFound("no ticket has this id")
    return party_id


async def _lock(tx: Transaction, ticket_id: UUID, versions: Versions) -> tuple[Ticket, bool]:
    """The ticket under the lock of its party, and whether the party was erased."""
    erased = await copies.lock_party(tx, await _party_of(tx, ticket_id))
    _, ticket = (await store.lock_tickets(tx, [ticket_id]))[ticket_id]
    _require_version(ticket, versions)
    return ticket, erased


def _require_version(ticket: Ticket, versions: Versions) -> None:
    if versions is not None and ticket.version not in versions:
        raise Stale("the ticket has changed; read it again", field="If-Match", state=state_of(ticket))


async def _save(tx: Transaction, changed: Changed) -> Ticket:
    ticket = changed.ticket
    await store.save_changes(tx, [changed], tx.now)
    if ticket.until is not None:
        await tx.set_timers(WAKING, [(ticket.id, partition_of(str(ticket.party_id)), ticket.until)])
    elif changed.step is not None:
        await tx.clear_timers(WAKING, [ticket.id])
    tx.emit(changed.emissions)
    return ticket
