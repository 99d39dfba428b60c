"""Pairs of parties that were suspected to be the same, in Postgres."""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from uuid import UUID

from services.contacts.parties.domain.resolution import Suspicion
from shared.engine.transaction import Transaction
from shared.sql import columns, load_queries

SQL = load_queries(Path(__file__).with_name("queries.sql"))


async def add_duplicates(tx: Transaction, suspicions: Iterable[Suspicion], now: datetime) -> set[tuple[UUID, UUID]]:
    """Keep pairs with why they were suspected; returns those pairs, the lower id first, that were not known."""
    rows = sorted(
        (*sorted((suspicion.party_id, suspicion.other_id)), suspicion.reason, now) for suspicion in suspicions
    )
    added = await tx.fetch(SQL["add_duplicates"], *columns(rows))
    return {(row["low_id"], row["high_id"]) for row in added}
