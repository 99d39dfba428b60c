"""Engagements that wait for an earlier first sale, in Postgres."""

from collections.abc import Iterable
from pathlib import Path
from uuid import UUID

from services.contacts.parties.domain.party import Entry
from shared.engine.transaction import Transaction
from shared.sql import columns, load_queries

SQL = load_queries(Path(__file__).with_name("queries.sql"))


async def load_engagements(tx: Transaction, party_ids: Iterable[UUID]) -> dict[UUID, list[Entry]]:
    """By party, the engagements that wait for an earlier first sale."""
    found: dict[UUID, list[Entry]] = {}
    for row in await tx.fetch(SQL["load_engagements"], list(party_ids)):
        found.setdefault(row["party_id"], []).append(Entry(row["occurred_at"], row["event_id"]))
    return found


async def add_engagements(tx: Transaction, engagements: Iterable[tuple[UUID, Entry]]) -> None:
    """Keep engagements for an earlier first sale."""
    rows = sorted((party_id, entry.at, entry.event_id) for party_id, entry in engagements)
    if rows:
        await tx.execute(SQL["add_engagements"], *columns(rows))
