"""The history of consents, and in the projection `contacts.timeline`, of each kind, the statement that decides."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from uuid import UUID

from services.contacts.consents.domain import Key, Record, Stated
from shared.engine.transaction import Transaction
from shared.events.consent import Statement
from shared.sql import columns, load_queries

SQL = load_queries(Path(__file__).with_name("queries.sql"))


async def load_statements(tx: Transaction, keys: Iterable[Key]) -> dict[Key, Statement]:
    """What decides so far, of these kinds."""
    rows = await tx.fetch(SQL["load_statements"], *columns(sorted(keys)))
    return {
        (row["party_id"], row["purpose"], row["topic"], row["channel"]): Statement(
            row["event_id"],
            row["purpose"],
            row["topic"],
            row["channel"],
            row["given"],
            row["occurred_at"],
            row["recorded_at"],
            row["expires_at"],
        )
        for row in rows
    }


async def save_statements(tx: Transaction, stated: Mapping[Key, Stated]) -> None:
    """Write what decides from now on."""
    rows = [
        (
            *key,
            each.statement.event_id,
            each.statement.given,
            each.statement.occurred_at,
            each.statement.recorded_at,
            each.statement.expires_at,
            each.basis,
            each.text_version,
        )
        for key, each in stated.items()
    ]
    await tx.execute(SQL["save_statements"], *columns(rows))


async def add_records(tx: Transaction, records: Iterable[Record]) -> None:
    """Add to the history; what is in it stays as it is."""
    rows = sorted(records, key=lambda record: record.event_id)
    await tx.execute(SQL["add_records"], *columns(rows))


async def load_records(tx: Transaction, event_ids: Iterable[UUID]) -> list[Record]:
    """What these events said of consent."""
    return [Record(*row) for row in await tx.fetch(SQL["load_records"], list(event_ids))]


async def load_histories(tx: Transaction, party_ids: Iterable[UUID]) -> dict[UUID, list[Record]]:
    """By party, all that was said of its consents, in the order in which it was recorded."""
    found: dict[UUID, list[Record]] = {party_id: [] for party_id in party_ids}
    for row in await tx.fetch(SQL["load_histories"], list(found)):
        found[row["party_id"]].append(Record(*row))
    return found


async def list_records(
    tx: Transaction, party_id: UUID, before: tuple[datetime, UUID], purpose: str | None, channel: str | None, limit: int
) -> list[Record]:
    """A party's history, newest first, before a place in it."""
    rows = await tx.fetch(SQL["list_records"], party_id, *before, purpose, channel, limit)
    return [Record(*row) for row in rows]
