"""The table of cuts that were worked on, a typed function per statement."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from uuid import UUID

from services.forecasting.cuts.domain import Cut, Progress, SetAside
from shared.engine.transaction import Transaction
from shared.sql import columns, load_queries

SQL = load_queries(Path(__file__).with_name("queries.sql"))


async def open_cut(tx: Transaction, cut: date) -> bool:
    return await tx.fetchval(SQL["open_cut"], cut, tx.now) is not None


async def find_newest_cut(tx: Transaction) -> Cut | None:
    row = await tx.fetchrow(SQL["find_newest_cut"])
    if row is None:
        return None
    aside = SetAside(row["set_aside"], row["first_name"], row["first_reason"]) if row["set_aside"] else None
    return Cut(row["cut"], row["scored"], aside)


async def set_aside(tx: Transaction, cut: date, reasons: Mapping[str, str]) -> None:
    if reasons:
        await tx.execute(SQL["set_aside"], cut, *columns(sorted(reasons.items())), tx.now)


async def lock_cut(tx: Transaction, cut: date) -> Progress | None:
    row = await tx.fetchrow(SQL["lock_cut"], cut)
    return Progress(row["after"], row["scored"]) if row else None


async def save_cut(tx: Transaction, cut: date, after: UUID | None, *, scored: bool) -> None:
    await tx.execute(SQL["save_cut"], cut, after, scored)
