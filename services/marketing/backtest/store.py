"""The past as a backtest reads it, a typed function per statement."""

from collections.abc import Collection, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from services.marketing.backtest.domain import Past
from services.marketing.enrolments.domain.sale import Sale
from shared.engine.transaction import Transaction
from shared.sql import load_queries

SQL = load_queries(Path(__file__).with_name("queries.sql"))
_OWN = ("repeat", "followed")


async def load_past(tx: Transaction, since: datetime, until: datetime, most: int) -> list[Past]:
    return [_past(row) for row in await tx.fetch(SQL["load_past"], since, until, most)]


def _past(row: Mapping[str, Any]) -> Past:
    sale = Sale(**{name: value for name, value in row.items() if name not in _OWN})
    return Past(sale, row["repeat"], row["followed"])


async def load_days(
    tx: Transaction, parties: Collection[UUID], since: date, until: date
) -> list[tuple[UUID, date, int]]:
    rows = await tx.fetch(SQL["load_days"], sorted(parties), since, until)
    return [(row["party_id"], row["day"], row["messages"]) for row in rows]


async def load_sent(
    tx: Transaction, parties: Collection[UUID], but: str, since: datetime, until: datetime
) -> list[tuple[UUID, str, datetime]]:
    """To whom, by which campaign, and when."""
    rows = await tx.fetch(SQL["load_sent"], sorted(parties), but, since, until)
    return [(row["party_id"], row["campaign"], row["ended_at"]) for row in rows]
