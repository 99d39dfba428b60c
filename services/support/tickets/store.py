"""The tables of tickets, a typed function per statement."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

from services.support.tickets.domain.opening import Opening, Thread
from services.support.tickets.domain.ticket import Changed, ReplyKind, Ticket
from services.support.tickets.schemas import Entry, Follower, Step, TicketLine
from shared.engine.transaction import Transaction
from shared.events.tickets import TicketOpened, TicketStatusChanged
from shared.sql import columns, load_queries

SQL = load_queries(Path(__file__).with_name("queries.sql"))
_NO_CEILING = 2**63 - 1
_LAST_ID = UUID(int=2**128 - 1)


@dataclass(frozen=True, slots=True)
class StoredTicket:
    """A ticket as it is shown; `request` is the first text of its thread."""

    line: TicketLine
    request: Entry
    locale: str | None
    sku: str | None
    sale_id: str | None
    origin: str
    recorded_at: datetime


async def load_threads(tx: Transaction, threads: Iterable[Thread]) -> Mapping[Thread, tuple[int, UUID]]:
    """Number and id of the newest ticket in each thread that has one."""
    asked = sorted(set(threads))
    if not asked:
        return {}
    rows = await tx.fetch(SQL["load_threads"], *columns(asked))
    return {(row["party_id"], row["thread"]): (row["number"], row["id"]) for row in rows}


async def draw_numbers(tx: Transaction, count: int) -> list[int]:
    return [row["number"] for row in await tx.fetch(SQL["draw_numbers"], count)]


async def add_tickets(tx: Transaction, openings: Sequence[Opening]) -> set[UUID]:
    """Store new tickets and return their ids; one that stands already is left as it is."""
    rows = [_row(opening) for opening in openings]
    return {row["id"] for row in await tx.fetch(SQL["add_tickets"], *columns(rows))}


async def complete_tickets(tx: Transaction, openings: Sequence[Opening]) -> None:
    """Give tickets that were taken back from the topic what only their requests tell."""
    rows = [_row(opening) for opening in openings]
    if rows:
        given = columns(rows)
        await tx.execute(SQL["complete_tickets"], *(given[place] for place in (0, 5, 6, 7, 8, 9, 12)))


async def take_back_ticket(tx: Transaction, opened: TicketOpened, opened_at: datetime) -> None:
    await tx.execute(
        SQL["take_back_ticket"],
        opened.ticket_id,
        opened.number,
        opened.party_id,
        opened.request_event_id,
        opened.channel,
        opened.sku,
        opened.sale_id,
        opened.follows,
        opened_at,
        opened.recorded_at,
    )


async def take_back_reply(
    tx: Transaction, ticket_id: UUID, reply_id: UUID, kind: ReplyKind, agent: str, written_at: datetime
) -> None:
    await tx.execute(SQL["take_back_reply"], ticket_id, reply_id, kind, agent, written_at)


async def take_back_status(tx: Transaction, changed: TicketStatusChanged) -> None:
    await tx.execute(
        SQL["take_back_status"],
        changed.ticket_id,
        changed.version,
        changed.previous,
        changed.status,
        changed.agent,
        changed.recorded_at,
    )


async def continue_numbers(tx: Transaction) -> None:
    await tx.execute(SQL["continue_numbers"])


async def forget_ticket_texts(tx: Transaction, parties: Sequence[UUID]) -> None:
    await tx.execute(SQL["forget_ticket_texts"], parties)


async def forget_reply_texts(tx: Transaction, parties: Sequence[UUID]) -> None:
    await tx.execute(SQL["forget_reply_texts"], parties)


async def find_party_of_ticket(tx: Transaction, ticket_id: UUID) -> UUID | None:
    found: UUID | None = await tx.fetchval(SQL["find_party_of_ticket"], ticket_id)
    return found


async def lock_ticket(tx: Transaction, ticket_id: UUID) -> Ticket:
    """A ticket that is there, since tickets are never deleted; its party is locked by the caller."""
    return Ticket(**await tx.fetchrow(SQL["lock_ticket"], ticket_id))


async def save_change(tx: Transaction, changed: Changed, now: datetime) -> None:
    """Store the ticket as an act left it, and the step if its status moved."""
    ticket, step = changed.ticket, changed.step
    await tx.execute(SQL["save_ticket"], ticket.id, ticket.status, ticket.version, now)
    if step is not None:
        await tx.execute(
            SQL["add_status_change"], ticket.id, ticket.version, step.previous, step.status, step.agent, now
        )


async def add_reply(
    tx: Transaction, reply_id: UUID, ticket_id: UUID, kind: ReplyKind, agent: str, body: str | None, now: datetime
) -> None:
    await tx.execute(SQL["add_reply"], reply_id, ticket_id, kind, agent, body, now)


async def list_tickets(
    tx: Transaction, below: int | None, limit: int, parties: Sequence[UUID] | None, status: str | None
) -> list[TicketLine]:
    """Tickets with a number below `below`, newest first; `parties` and `status` choose where they are given."""
    ceiling = _NO_CEILING if below is None else below
    if parties is not None:
        rows = await tx.fetch(SQL["list_tickets_of_parties"], ceiling, limit, parties, status)
    elif status is not None:
        rows = await tx.fetch(SQL["list_tickets_by_status"], ceiling, limit, status)
    else:
        rows = await tx.fetch(SQL["list_tickets"], ceiling, limit)
    return [TicketLine.model_validate(dict(row)) for row in rows]


async def find_ticket(tx: Transaction, ticket_id: UUID) -> StoredTicket | None:
    row = await tx.fetchrow(SQL["find_ticket"], ticket_id)
    if row is None:
        return None
    request = Entry(id=row["id"], kind="request", author="customer", agent=None, at=row["opened_at"], text=row["body"])
    return StoredTicket(
        line=TicketLine.model_validate(dict(row)),
        request=request,
        locale=row["locale"],
        sku=row["sku"],
        sale_id=row["sale_id"],
        origin=row["origin"],
        recorded_at=row["recorded_at"],
    )


async def find_replies(tx: Transaction, ticket_id: UUID, before: UUID | None, limit: int) -> list[Entry]:
    """Replies and notes written before one of them, newest first."""
    return [
        Entry(
            id=row["id"], kind=row["kind"], author="agent", agent=row["agent"], at=row["written_at"], text=row["body"]
        )
        for row in await tx.fetch(SQL["find_replies"], ticket_id, before or _LAST_ID, limit)
    ]


async def find_status_changes(tx: Transaction, ticket_id: UUID) -> list[Step]:
    """Every step of the status machine, oldest first."""
    return [Step.model_validate(dict(row)) for row in await tx.fetch(SQL["find_status_changes"], ticket_id)]


async def find_followers(tx: Transaction, party_id: UUID, ticket_id: UUID) -> list[Follower]:
    """The tickets that continue this one."""
    rows = await tx.fetch(SQL["find_followers"], party_id, ticket_id)
    return [Follower.model_validate(dict(row)) for row in rows]


def _row(opening: Opening) -> tuple[object, ...]:
    event, request = opening.event, opening.event.data
    return (
        opening.id,
        opening.number,
        request.party_id,
        event.id,
        request.channel,
        opening.subject,
        opening.body,
        opening.locale,
        opening.thread,
        opening.in_reply_to,
        opening.sku,
        opening.sale_id,
        request.origin,
        opening.follows,
        event.time,
        opening.recorded_at,
    )
