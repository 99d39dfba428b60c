"""Erasures and their confirmations, in Postgres."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

from pydantic_core import from_json, to_json

from services.contacts.privacy.domain import Confirming, Erasure
from services.contacts.privacy.schemas import Confirmation
from shared.engine.transaction import Transaction
from shared.sql import columns, load_queries

SQL = load_queries(Path(__file__).with_name("queries.sql"))


async def add_erasure(tx: Transaction, asked: Erasure) -> bool:
    """False where one of this party waits already."""
    row = (asked.id, asked.party_id, asked.party_ids, asked.because, asked.requested_by, asked.requested_at)
    return await tx.fetchval(SQL["add_erasure"], *row, asked.ground) is not None


async def find_open(tx: Transaction, party_id: UUID) -> UUID | None:
    """The erasure of this party that waits."""
    found: UUID | None = await tx.fetchval(SQL["find_open"], party_id)
    return found


async def lock_erasure(tx: Transaction, erasure_id: UUID) -> None:
    await tx.execute(SQL["lock_erasure"], erasure_id)


async def find_erasure(tx: Transaction, erasure_id: UUID) -> Erasure | None:
    row = await tx.fetchrow(SQL["find_erasure"], erasure_id)
    return None if row is None else _erasure(row)


async def list_erasures(tx: Transaction, before: UUID, limit: int, state: str | None) -> list[Erasure]:
    """Newest first."""
    return [_erasure(row) for row in await tx.fetch(SQL["list_erasures"], before, limit, state)]


async def load_unsearched(tx: Transaction) -> list[Erasure]:
    return [_erasure(row) for row in await tx.fetch(SQL["load_unsearched"])]


async def decide(tx: Transaction, decided: Erasure) -> None:
    """Write the decision of a locked erasure."""
    found = to_json(decided.found).decode()
    row = (decided.id, decided.state, decided.decided_by, decided.decided_at, decided.party_ids, found)
    await tx.execute(SQL["decide"], *row, decided.exemption)


async def forget_reasons(tx: Transaction, party_ids: Sequence[UUID]) -> None:
    """Why people asked to erase these parties."""
    await tx.execute(SQL["forget_reasons"], party_ids)


async def take_back(tx: Transaction, told: Erasure) -> None:
    """Write an approved erasure, whatever stands of it."""
    asked = (told.id, told.party_id, told.party_ids, told.requested_by, told.requested_at)
    decided = (told.decided_by, told.decided_at, to_json(told.found).decode())
    await tx.execute(SQL["take_back"], *asked, *decided, told.lost, told.ground)


async def take_back_undone(tx: Transaction, told: Erasure) -> None:
    """Write an erasure that waits or was declined, unless it is approved."""
    asked = (told.id, told.party_id, told.state, told.requested_by, told.requested_at)
    decided = (told.decided_by, told.decided_at, told.lost)
    await tx.execute(SQL["take_back_undone"], *asked, *decided, told.ground, told.exemption)


async def mark_searched(tx: Transaction, erasure_id: UUID, parked: int, quarantined: int) -> None:
    await tx.execute(SQL["mark_searched"], erasure_id, parked, quarantined)


async def count_left(tx: Transaction, party_ids: Sequence[UUID]) -> dict[str, int]:
    """By table, the rows that still say who these parties are."""
    return dict(await tx.fetchrow(SQL["count_left"], party_ids))


async def add_confirmations(tx: Transaction, confirmations: Iterable[Confirming]) -> None:
    """Keep the first of each party and service."""
    rows = [
        (each.party_id, each.service, to_json(each.forgotten).decode(), each.event_id, each.confirmed_at)
        for each in sorted(confirmations, key=lambda each: each[:2])
    ]
    await tx.execute(SQL["add_confirmations"], *columns(rows))


async def load_confirmations(tx: Transaction, party_ids: Sequence[UUID]) -> list[Confirmation]:
    """In the order in which they came."""
    return [
        Confirmation.model_validate(dict(row) | {"forgotten": from_json(row["forgotten"])})
        for row in await tx.fetch(SQL["load_confirmations"], party_ids)
    ]


def _erasure(row: Any) -> Erasure:
    return Erasure(**dict(row) | {"found": from_json(row["found"])})
