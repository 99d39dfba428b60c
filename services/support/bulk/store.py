"""Acts on many tickets, a typed function per statement."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

from pydantic import TypeAdapter
from pydantic_core import from_json

from services.support.bulk.schemas import BulkAct, BulkItem, BulkTicket, BulkView, ItemOutcome
from shared.engine.transaction import Transaction
from shared.sql import columns, load_queries

SQL = load_queries(Path(__file__).with_name("queries.sql"))
_ACT: TypeAdapter[BulkAct] = TypeAdapter(BulkAct)


@dataclass(frozen=True, slots=True)
class Taken:
    """A ticket of an action, locked until the commit."""

    bulk_id: UUID
    place: int
    ticket_id: UUID
    expected_version: int | None
    tries: int
    act: BulkAct
    agent: str


async def add_action(
    tx: Transaction, bulk_id: UUID, act: BulkAct, agent: str, tickets: Sequence[BulkTicket], now: datetime
) -> None:
    await tx.execute(SQL["add_action"], bulk_id, _ACT.dump_json(act).decode(), agent, now)
    rows = [(place, each.id, each.version) for place, each in enumerate(tickets, 1)]
    await tx.execute(SQL["add_items"], bulk_id, *columns(rows))


async def take_item(tx: Transaction) -> Taken | None:
    row = await tx.fetchrow(SQL["take_item"])
    return None if row is None else Taken(**{**row, "act": _ACT.validate_json(row["act"])})


async def settle_item(
    tx: Transaction, item: Taken, outcome: ItemOutcome, reason: str | None, detail: str | None, version: int | None
) -> None:
    await tx.execute(SQL["settle_item"], item.bulk_id, item.place, outcome, reason, detail, version, tx.now)


async def put_off_item(tx: Transaction, item: Taken, seconds: float) -> None:
    await tx.execute(SQL["put_off_item"], item.bulk_id, item.place, item.tries, seconds)


async def fail_item(tx: Transaction, item: Taken, detail: str) -> None:
    await tx.execute(SQL["fail_item"], item.bulk_id, item.place, item.tries, detail, tx.now)


async def stop_items(tx: Transaction, bulk_id: UUID | None, reason: str) -> None:
    """Of one action, or of all."""
    await tx.execute(SQL["stop_items"], bulk_id, reason, tx.now)


async def find_action(tx: Transaction, bulk_id: UUID) -> BulkView | None:
    row = await tx.fetchrow(SQL["find_action"], bulk_id)
    return None if row is None else BulkView.model_validate({**row, "act": from_json(row["act"])})


async def list_items(
    tx: Transaction, bulk_id: UUID, after: int, outcome: ItemOutcome | None, limit: int
) -> list[BulkItem]:
    rows = await tx.fetch(SQL["list_items"], bulk_id, after, outcome, limit)
    return [BulkItem.model_validate(dict(row)) for row in rows]
