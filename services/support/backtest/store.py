"""What happened to tickets in a time, a typed function per statement."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from uuid import UUID

from services.support.backtest.domain import Escalated, Held, Moved, Past, Present
from shared.engine.transaction import Transaction
from shared.sql import load_queries

SQL = load_queries(Path(__file__).with_name("queries.sql"))


async def load_past(tx: Transaction, since: datetime, until: datetime, limit: int) -> list[Past]:
    return [Past(**row) for row in await tx.fetch(SQL["load_past"], since, until, limit)]


async def load_promised(tx: Transaction, since: datetime, until: datetime, limit: int) -> dict[UUID, int]:
    """Ids and numbers, in the order in which they were taken in."""
    return {row["id"]: row["number"] for row in await tx.fetch(SQL["load_promised"], since, until, limit)}


async def load_moves(tx: Transaction, tickets: Sequence[UUID], until: datetime) -> list[Moved]:
    return [Moved(**row) for row in await tx.fetch(SQL["load_moves"], tickets, until)]


async def load_escalations(tx: Transaction, tickets: Sequence[UUID], until: datetime) -> list[Escalated]:
    return [Escalated(**row) for row in await tx.fetch(SQL["load_escalations"], tickets, until)]


async def load_presences(tx: Transaction, since: datetime, until: datetime) -> list[Present]:
    return [Present(**row) for row in await tx.fetch(SQL["load_presences"], since, until)]


async def load_held(tx: Transaction, since: datetime) -> list[Held]:
    return [Held(**row) for row in await tx.fetch(SQL["load_held"], since)]
