"""Relations between parties, in Postgres."""

from collections.abc import Collection, Sequence
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

from services.contacts.relations.domain import Relation
from shared.engine.transaction import Transaction
from shared.sql import load_queries

SQL = load_queries(Path(__file__).with_name("queries.sql"))
_FIRST = UUID(int=0)


class Reached(NamedTuple):
    """Whether a walk came to one of its ends, and whether it was cut short."""

    closes: bool
    is_cut: bool


async def reserve(tx: Transaction, kind: str) -> None:
    """Nobody else adds a relation of this kind until the transaction ends."""
    await tx.execute(SQL["reserve"], kind)


async def add_relation(tx: Transaction, each: Relation) -> bool:
    """False where it was told before."""
    row = (each.id, each.kind, each.from_party_id, each.to_party_id, each.since, each.ended_on, each.recorded_at)
    return await tx.execute(SQL["add_relation"], *row) == "INSERT 0 1"


async def find_standing(
    tx: Transaction, ones: Collection[UUID], kind: str, others: Collection[UUID]
) -> Relation | None:
    """The relation of this kind from any of these to any of those, if one holds."""
    return _relation(await tx.fetchrow(SQL["find_standing"], sorted(ones), kind, sorted(others)))


async def walk(tx: Transaction, begins: Collection[UUID], kind: str, ends: Collection[UUID], farthest: int) -> Reached:
    """Along relations of this kind that hold, with all that were merged into those who are met."""
    return Reached(*await tx.fetchrow(SQL["walk"], sorted(begins), kind, sorted(ends), farthest))


async def lock_relation(tx: Transaction, relation_id: UUID) -> Relation | None:
    return _relation(await tx.fetchrow(SQL["lock_relation"], relation_id))


async def load_relation(tx: Transaction, relation_id: UUID) -> Relation | None:
    return _relation(await tx.fetchrow(SQL["load_relation"], relation_id))


async def end_relation(tx: Transaction, relation_id: UUID, on: date) -> None:
    await tx.execute(SQL["end_relation"], relation_id, on)


async def list_relations(tx: Transaction, family: Sequence[UUID], after: UUID | None, limit: int) -> list[Relation]:
    """Of a party and those merged into it, oldest first, ended ones too."""
    rows = await tx.fetch(SQL["list_relations"], family, after or _FIRST, limit)
    return [Relation(**dict(row)) for row in rows]


def _relation(row: Any) -> Relation | None:
    return None if row is None else Relation(**dict(row))
