"""The table of cuts that were worked on, a typed function per statement."""

from datetime import date
from pathlib import Path
from uuid import UUID

from services.forecasting.cuts.domain import Cut, Progress
from shared.engine.transaction import Transaction
from shared.sql import load_queries

SQL = load_queries(Path(__file__).with_name("queries.sql"))


async def open_cut(tx: Transaction, cut: date) -> bool:
    return await tx.fetchval(SQL["open_cut"], cut, tx.now) is not None


async def find_newest_cut(tx: Transaction) -> Cut | None:
    row = await tx.fetchrow(SQL["find_newest_cut"])
    return Cut(row["cut"], row["scored"]) if row else None


async def lock_cut(tx: Transaction, cut: date) -> Progress | None:
    row = await tx.fetchrow(SQL["lock_cut"], cut)
    return Progress(row["after"], row["scored"]) if row else None


async def save_cut(tx: Transaction, cut: date, after: UUID | None, *, scored: bool) -> None:
    await tx.execute(SQL["save_cut"], cut, after, scored)
