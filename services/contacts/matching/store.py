"""Pairs of parties that were suspected to be the same, in Postgres."""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from uuid import UUID

from shared.engine.transaction import Transaction
from shared.sql import load_queries

SQL = load_queries(Path(__file__).with_name("queries.sql"))


async def add_duplicates(
    tx: Transaction, pairs: Iterable[tuple[UUID, UUID]], reason: str, now: datetime
) -> set[tuple[UUID, UUID]]:
    """Keep pairs (low, high); returns those that were not known."""
    rows = sorted(pairs)
    lows, highs = [low for low, _ in rows], [high for _, high in rows]
    times, reasons = [now] * len(rows), [reason] * len(rows)
    return {
        (row["low_id"], row["high_id"]) for row in await tx.fetch(SQL["add_duplicates"], lows, highs, reasons, times)
    }
