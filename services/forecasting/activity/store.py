"""The tables of messages and tickets, a typed function per statement. Rows go in sorted by key."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path

from services.forecasting.activity.domain import MessageKey, TicketKey
from services.forecasting.activity.schemas import MessagesView, TicketsView
from shared.engine.transaction import Transaction
from shared.sql import columns, load_queries

SQL = load_queries(Path(__file__).with_name("queries.sql"))


async def add_messages(tx: Transaction, counts: Mapping[MessageKey, int]) -> None:
    if counts:
        await tx.execute(SQL["add_messages"], *columns((*key, count) for key, count in sorted(counts.items())))


async def add_tickets(tx: Transaction, counts: Mapping[TicketKey, int]) -> None:
    if counts:
        await tx.execute(SQL["add_tickets"], *columns((*key, count) for key, count in sorted(counts.items())))


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
