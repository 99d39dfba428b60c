"""Sales by which repetitions are known, and the free texts of facts, in Postgres."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

from pydantic import TypeAdapter

from services.contacts.intake.domain import Text
from services.contacts.intake.domain.sales import SaleName, Standing
from services.contacts.intake.domain.waiting import Waiting
from shared.engine.transaction import Transaction
from shared.events.sales import SaleState
from shared.sql import columns, load_queries

SQL = load_queries(Path(__file__).with_name("queries.sql"))

_STATE = TypeAdapter(SaleState)
_WRITE_STATE = _STATE.serializer.to_json
_WAITING = TypeAdapter(Waiting)


class StoredText(NamedTuple):
    """A text of the published event `event_id`."""

    event_id: UUID
    party_id: UUID
    text: Text
    recorded_at: datetime


async def add_sales(tx: Transaction, sales: Mapping[SaleName, Standing]) -> dict[SaleName, Standing]:
    """Write sales; returns those that were known before, as they are known."""
    rows = [(*name, *_row(sales[name])) for name in sorted(sales)]
    status = await tx.execute(SQL["add_sales"], *columns(rows))
    if status == f"INSERT 0 {len(rows)}":
        return {}
    stored = _sales(await tx.fetch(SQL["load_sales"], *columns(sales)))
    return {name: known for name, known in stored.items() if known.event_id != sales[name].event_id}


async def load_sales(tx: Transaction, names: Collection[SaleName]) -> dict[SaleName, Standing]:
    """The sales that are known."""
    return _sales(await tx.fetch(SQL["load_sales"], *columns(sorted(names)))) if names else {}


async def lock_sales(tx: Transaction, names: Iterable[SaleName]) -> dict[SaleName, Standing]:
    """The sales that are known, locked until the transaction ends."""
    return _sales(await tx.fetch(SQL["lock_sales"], *columns(sorted(names))))


async def reserve_sales(tx: Transaction, names: Collection[SaleName]) -> None:
    """Wait for whoever is telling one of these sales; nobody else tells one until the transaction ends."""
    given = columns(sorted(names))
    await tx.execute(SQL["reserve_sales"], *given)
    await tx.execute(SQL["release_sales"], *given)


async def save_revisions(tx: Transaction, sales: Mapping[SaleName, Standing]) -> None:
    """Which revision of locked sales holds."""
    rows = [(*name, each.content, each.revision, _state(each)) for name, each in sorted(sales.items())]
    if rows:
        await tx.execute(SQL["save_revisions"], *columns(rows))


async def add_waiting(tx: Transaction, waiting: Mapping[tuple[SaleName, UUID], Waiting]) -> None:
    """Keep revisions until their sales come; of one sale and party the highest."""
    rows = [
        (*name, party_id, each.revision, _WAITING.dump_json(each).decode())
        for (name, party_id), each in sorted(waiting.items())
    ]
    if rows:
        await tx.execute(SQL["add_waiting"], *columns(rows))


async def load_waiting(tx: Transaction, names: Collection[SaleName]) -> list[tuple[SaleName, Waiting]]:
    """What came before these sales, by sale, locked."""
    rows = await tx.fetch(SQL["load_waiting"], *columns(sorted(names)))
    return [((row["origin"], row["sale_id"]), _WAITING.validate_json(row["fact"])) for row in rows]


async def lock_waiting_of(tx: Transaction, party_ids: Collection[UUID]) -> dict[tuple[SaleName, UUID], Waiting]:
    """What waits for sales of these parties, by sale and party."""
    return {
        ((row["origin"], row["sale_id"]), row["party_id"]): _WAITING.validate_json(row["fact"])
        for row in await tx.fetch(SQL["lock_waiting_of"], list(party_ids))
    }


async def save_waiting(tx: Transaction, waiting: Mapping[tuple[SaleName, UUID], Waiting]) -> None:
    """Write what waits otherwise."""
    rows = [(*name, party_id, _WAITING.dump_json(each).decode()) for (name, party_id), each in sorted(waiting.items())]
    if rows:
        await tx.execute(SQL["save_waiting"], *columns(rows))


async def forget_waiting(tx: Transaction, names: Collection[SaleName]) -> None:
    """Let go of what has been applied."""
    if names:
        await tx.execute(SQL["forget_waiting"], *columns(sorted(names)))


def _row(sale: Standing) -> tuple[object, ...]:
    return sale.party_id, sale.content, sale.event_id, sale.sold_at, sale.revision, _state(sale)


def _state(sale: Standing) -> str | None:
    return None if sale.state is None else _WRITE_STATE(sale.state).decode()


def _sales(rows: Iterable[Any]) -> dict[SaleName, Standing]:
    return {
        (row["origin"], row["sale_id"]): Standing(
            row["party_id"],
            row["event_id"],
            row["sold_at"],
            row["revision"],
            row["content"],
            None if row["state"] is None else _STATE.validate_json(row["state"]),
        )
        for row in rows
    }


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


async def forget_texts(tx: Transaction, party_ids: Collection[UUID]) -> int:
    """All texts of these parties; returns how many there were."""
    return int((await tx.execute(SQL["forget_texts"], sorted(party_ids))).rpartition(" ")[2])
