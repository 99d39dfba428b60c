"""Merges of parties, in Postgres."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

from services.contacts.merges.domain import Merge
from shared.engine.transaction import Transaction
from shared.sql import columns, load_queries

SQL = load_queries(Path(__file__).with_name("queries.sql"))
_BEYOND = UUID(int=2**128 - 1)


class Unasked(NamedTuple):
    """A merge that nobody asked for."""

    id: UUID
    into_party_id: UUID
    merged_party_id: UUID
    merged_at: datetime


async def add_merge(tx: Transaction, merge: Merge, rules: int = 0) -> None:
    """Made by a version of the rules, or not by rules."""
    await tx.execute(
        SQL["add_merge"],
        merge.id,
        merge.into_party_id,
        merge.merged_party_id,
        merge.because,
        merge.automatic,
        merge.fields,
        merge.merged_at,
        rules,
    )


async def lock_unasked(tx: Transaction, rules: int, limit: int) -> list[Unasked]:
    """Merges that nobody asked for, last looked at by former rules; nobody else's until the transaction ends."""
    return [Unasked(*row) for row in await tx.fetch(SQL["lock_unasked"], rules, limit)]


async def save_looked_at(tx: Transaction, merge_ids: Sequence[UUID], rules: int) -> None:
    await tx.execute(SQL["save_looked_at"], merge_ids, rules)


async def lock_merge(tx: Transaction, merge_id: UUID) -> Merge | None:
    """The merge, which nobody else undoes until the transaction ends."""
    return _merge(await tx.fetchrow(SQL["lock_merge"], merge_id))


async def load_merge(tx: Transaction, merge_id: UUID) -> Merge | None:
    return _merge(await tx.fetchrow(SQL["load_merge"], merge_id))


async def find_standing(tx: Transaction, party_id: UUID) -> UUID | None:
    """The merge by which the party goes on as another."""
    found: UUID | None = await tx.fetchval(SQL["find_standing"], party_id)
    return found


async def save_undo(tx: Transaction, merge_id: UUID, at: datetime, because: str) -> None:
    await tx.execute(SQL["save_undo"], merge_id, at, because)


async def forget_reasons(tx: Transaction, party_ids: Sequence[UUID]) -> int:
    """Why these parties were merged; returns of how many merges that was written."""
    return int((await tx.execute(SQL["forget_reasons"], party_ids)).rpartition(" ")[2])


async def was_undone(tx: Transaction, pairs: Sequence[tuple[UUID, UUID]]) -> bool:
    """Whether a merge of any of these pairs, either way round, was taken back."""
    return bool(await tx.fetchval(SQL["was_undone"], *columns(pairs)))


async def list_merges(tx: Transaction, party_id: UUID | None, before: UUID | None, limit: int) -> list[Merge]:
    """Newest first; of all parties where none is named."""
    place = before or _BEYOND, limit
    if party_id is None:
        rows = await tx.fetch(SQL["list_merges"], *place)
    else:
        rows = await tx.fetch(SQL["list_merges_of"], party_id, *place)
    return [Merge(**dict(row)) for row in rows]


def _merge(row: Any) -> Merge | None:
    return None if row is None else Merge(**dict(row))
