"""The consents of the projection `contacts.timeline`: of each kind the statement that decides."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from services.contacts.consents.domain import Key, Stated
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
