"""How far all parties have been looked at, in Postgres."""

from datetime import datetime
from pathlib import Path
from uuid import UUID

from shared.engine.transaction import Transaction
from shared.sql import load_queries

SQL = load_queries(Path(__file__).with_name("queries.sql"))


async def begin_round(tx: Transaction, work: str, policy: str) -> None:
    """A round by another policy counts for nothing."""
    await tx.execute(SQL["forget_rounds"], work, policy)
    await tx.execute(SQL["begin_round"], work, policy)


async def lock_round(tx: Transaction, work: str, policy: str) -> tuple[UUID | None] | None:
    """The last party that was looked at; None where all have been, or another member looks."""
    row = await tx.fetchrow(SQL["lock_round"], work, policy)
    return None if row is None else (row["reached"],)


async def save_round(
    tx: Transaction, work: str, policy: str, reached: UUID | None, finished_at: datetime | None
) -> None:
    await tx.execute(SQL["save_round"], work, policy, reached, finished_at)
