"""The tables of messages, tickets, choices and disputes, a typed function per statement. Rows go in sorted by key."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from uuid import UUID

from services.forecasting.activity.domain import Disputes, MessageKey, TicketKey, Usage
from services.forecasting.activity.schemas import MessagesView, TicketsView
from shared.engine.transaction import Transaction
from shared.sql import columns, load_queries

SQL = load_queries(Path(__file__).with_name("queries.sql"))
_USAGE = ("recent", "before", "recent_days", "before_days")
Dispute = tuple[UUID, UUID, datetime]
"""Its id, the party, and when."""


async def add_messages(tx: Transaction, counts: Mapping[MessageKey, int]) -> None:
    if counts:
        await tx.execute(SQL["add_messages"], *columns((*key, count) for key, count in sorted(counts.items())))


async def add_tickets(tx: Transaction, counts: Mapping[TicketKey, int]) -> None:
    if counts:
        await tx.execute(SQL["add_tickets"], *columns((*key, count) for key, count in sorted(counts.items())))


async def add_backlog(tx: Transaction, changes: Mapping[tuple[date, int], int]) -> None:
    if changes:
        await tx.execute(SQL["add_backlog"], *columns((*key, change) for key, change in sorted(changes.items())))


async def load_backlog(tx: Transaction, begin: date, until: date) -> list[int]:
    return [row["open"] for row in await tx.fetch(SQL["load_backlog"], begin, until)]


async def add_choices(tx: Transaction, counts: Mapping[tuple[UUID, date], int]) -> None:
    if counts:
        await tx.execute(SQL["add_choices"], *columns((*key, count) for key, count in sorted(counts.items())))


async def add_segment_changes(tx: Transaction, rows: Sequence[tuple[UUID, str, datetime, bool]]) -> None:
    """Party, segment, when, and whether it was entered or left; sorted."""
    if rows:
        await tx.execute(SQL["add_segment_changes"], *columns(rows))


async def add_disputes(tx: Transaction, raised: Sequence[tuple[UUID, UUID, datetime, str | None, str | None]]) -> None:
    """Each with when it was raised, and the sale that it is about."""
    rows = sorted(raised, key=lambda row: row[0])
    if rows:
        await tx.execute(SQL["add_disputes"], *columns(rows))


async def close_disputes(tx: Transaction, closed: Sequence[Dispute]) -> None:
    """Each with when it was over."""
    if closed:
        await tx.execute(SQL["close_disputes"], *columns(sorted(closed)))


async def load_usage(tx: Transaction, parties: Sequence[UUID], day: date) -> dict[UUID, Usage]:
    """Of those who chose anything in the 112 days before `day`."""
    rows = await tx.fetch(SQL["load_usage"], parties, day)
    return {row["party_id"]: Usage(**{name: row[name] for name in _USAGE}) for row in rows}


async def load_disputes(tx: Transaction, least: int) -> dict[UUID, Disputes]:
    rows = await tx.fetch(SQL["load_disputes"], least)
    return {row["party_id"]: Disputes(row["count"], row["first_at"], row["last_at"], row["newest"]) for row in rows}


async def find_usage(tx: Transaction, party_ids: Sequence[UUID], day: date) -> tuple[Usage | None, Disputes | None]:
    """Of one party, under all its ids; None where it chose nothing, and where nothing is open."""
    row = await tx.fetchrow(SQL["find_usage"], party_ids, day)
    usage = Usage(**{name: row[name] for name in _USAGE}) if row["days"] else None
    return usage, Disputes(row["count"], row["first_at"], row["last_at"], row["newest"]) if row["count"] else None


async def list_messages(
    tx: Transaction, begin: date, until: date, after: tuple[date, str, str], limit: int
) -> list[MessagesView]:
    rows = await tx.fetch(SQL["list_messages"], begin, until, *after, limit)
    return [MessagesView.model_validate(dict(row)) for row in rows]


async def list_tickets(
    tx: Transaction, begin: date, until: date, after: tuple[date, str], limit: int
) -> list[TicketsView]:
    rows = await tx.fetch(SQL["list_tickets"], begin, until, *after, limit)
    return [TicketsView.model_validate(dict(row)) for row in rows]
