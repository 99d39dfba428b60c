"""Support's tables, a typed function per statement."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from services.support.domain.opening import Opening, Thread
from services.support.domain.party import Party
from services.support.domain.ticket import Changed, ReplyKind, Ticket
from shared.engine.transaction import Transaction
from shared.sql import load_queries

_NO_CEILING = 2**63 - 1

SQL = load_queries(Path(__file__).with_name("queries.sql"))


async def save_parties(tx: Transaction, parties: Sequence[Party]) -> None:
    rows = [(each.id, each.version, each.name, each.locale, each.merged_into, each.erased) for each in parties]
    await tx.execute(SQL["save_parties"], *_columns(rows))


async def erase_texts(tx: Transaction, parties: Sequence[UUID]) -> None:
    """Drop what these parties wrote and what was written to them."""
    if parties:
        await tx.execute(SQL["erase_ticket_texts"], parties)
        await tx.execute(SQL["erase_reply_texts"], parties)


async def lock_parties(tx: Transaction, ids: Collection[UUID]) -> set[UUID]:
    """Lock the parties, known or not, and return those that were erased."""
    await tx.execute(SQL["add_parties"], list(ids))
    return {row["id"] for row in await tx.fetch(SQL["lock_parties"], list(ids)) if row["erased"]}


async def load_threads(tx: Transaction, threads: Iterable[Thread]) -> Mapping[Thread, tuple[int, UUID]]:
    """Number and id of the newest ticket in each thread that has one."""
    asked = sorted(set(threads))
    if not asked:
        return {}
    rows = await tx.fetch(SQL["load_threads"], [party for party, _ in asked], [thread for _, thread in asked])
    return {(row["party_id"], row["thread"]): (row["number"], row["id"]) for row in rows}


async def draw_numbers(tx: Transaction, count: int) -> list[int]:
    return [row["number"] for row in await tx.fetch(SQL["draw_numbers"], count)]


async def add_tickets(tx: Transaction, openings: Sequence[Opening]) -> set[UUID]:
    """Store new tickets and return their ids; one that stands already is left as it is."""
    rows = [_row(opening) for opening in openings]
    return {row["id"] for row in await tx.fetch(SQL["add_tickets"], *_columns(rows))}


async def lock_ticket(tx: Transaction, ticket_id: UUID) -> Ticket | None:
    """Lock the ticket's party, then the ticket, and return what the rules need of it."""
    await tx.execute(SQL["lock_party_of_ticket"], ticket_id)
    row = await tx.fetchrow(SQL["lock_ticket"], ticket_id)
    return None if row is None else Ticket(**row)


async def save_change(tx: Transaction, changed: Changed, now: datetime) -> None:
    """Store the ticket as an act left it, and the step if its status moved."""
    ticket, step = changed.ticket, changed.step
    await tx.execute(SQL["save_ticket"], ticket.id, ticket.status, ticket.version, now)
    if step is not None:
        await tx.execute(
            SQL["add_status_change"], ticket.id, ticket.version, step.previous, step.status, step.agent, now
        )


async def add_reply(
    tx: Transaction, reply_id: UUID, ticket_id: UUID, kind: ReplyKind, agent: str, body: str, now: datetime
) -> None:
    await tx.execute(SQL["add_reply"], reply_id, ticket_id, kind, agent, body, now)


async def list_tickets(
    tx: Transaction, below: int | None, limit: int, party_id: UUID | None, status: str | None
) -> Sequence[Any]:
    """Tickets with a number below `below`, newest first; of a party with all that it was merged with."""
    ceiling = _NO_CEILING if below is None else below
    if party_id is not None:
        family = [row["id"] for row in await tx.fetch(SQL["find_merged_parties"], party_id)]
        return await tx.fetch(SQL["list_tickets_of_parties"], ceiling, limit, family, status)
    if status is not None:
        return await tx.fetch(SQL["list_tickets_by_status"], ceiling, limit, status)
    return await tx.fetch(SQL["list_tickets"], ceiling, limit)


async def find_ticket(
    tx: Transaction, ticket_id: UUID
) -> tuple[Any, Sequence[Any], Sequence[Any], Sequence[Any]] | None:
    """The row of a ticket, its replies, its steps and the tickets that continue it."""
    row = await tx.fetchrow(SQL["find_ticket"], ticket_id)
    if row is None:
        return None
    return (
        row,
        await tx.fetch(SQL["find_replies"], ticket_id),
        await tx.fetch(SQL["find_status_changes"], ticket_id),
        await tx.fetch(SQL["find_followers"], row["party_id"], ticket_id),
    )


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
        request.locale,
        request.thread,
        request.in_reply_to,
        request.sku,
        request.sale_id,
        request.origin,
        opening.follows,
        event.time,
        opening.recorded_at,
    )


def _columns(rows: Sequence[tuple[object, ...]]) -> list[list[object]]:
    """Rows turned into the arrays that unnest takes; a handler never saves an empty batch."""
    return [list(column) for column in zip(*rows, strict=True)]
