"""Sales by which repetitions are known, and the free texts of facts, in Postgres."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

from services.contacts.intake.domain import Text
from shared.engine.transaction import Transaction
from shared.sql import columns, load_queries

SQL = load_queries(Path(__file__).with_name("queries.sql"))

SaleName = tuple[str, str]
"""`(origin, sale_id)`."""


class KnownSale(NamedTuple):
    """A sale that was accepted: whose it is, a hash of its content, and the id of the published event."""

    party_id: UUID
    content: bytes
    event_id: UUID


class StoredText(NamedTuple):
    """A text of the published event `event_id`."""

    event_id: UUID
    party_id: UUID
    text: Text
    recorded_at: datetime


async def add_sales(tx: Transaction, sales: Mapping[SaleName, KnownSale]) -> dict[SaleName, KnownSale]:
    """Write sales; returns those that were known before, as they are known."""
    names = sorted(sales)
    rows = [sales[name] for name in names]
    origins, sale_ids = [name[0] for name in names], [name[1] for name in names]
    status = await tx.execute(
        SQL["add_sales"],
        origins,
        sale_ids,
        [row.party_id for row in rows],
        [row.content for row in rows],
        [row.event_id for row in rows],
    )
    if status == f"INSERT 0 {len(rows)}":
        return {}
    stored = {
        (row["origin"], row["sale_id"]): KnownSale(row["party_id"], row["content"], row["event_id"])
        for row in await tx.fetch(SQL["load_sales"], origins, sale_ids)
    }
    return {name: known for name, known in stored.items() if known.event_id != sales[name].event_id}


async def add_texts(tx: Transaction, texts: Iterable[StoredText]) -> None:
    """Keep the texts of published events."""
    rows = sorted((text.event_id, text.party_id, *text.text, text.recorded_at) for text in texts)
    if rows:
        await tx.execute(SQL["add_texts"], *columns(rows))


async def load_texts(tx: Transaction, event_id: UUID) -> list[StoredText]:
    """The texts of one published event."""
    return [
        StoredText(row["event_id"], row["party_id"], Text(row["kind"], row["body"]), row["recorded_at"])
        for row in await tx.fetch(SQL["load_texts"], event_id)
    ]
