"""Segments and who is in them, a typed function per statement."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Literal, NamedTuple
from uuid import UUID

from services.marketing.segments import schemas
from services.marketing.segments.domain.definition import Definition
from services.marketing.segments.domain.membership import Member, Segment
from shared.engine.transaction import Transaction
from shared.sql import columns, load_queries

SQL = load_queries(Path(__file__).with_name("queries.sql"))
Source = Literal["files", "http"]


class Published(NamedTuple):
    """What was published last under a name."""

    name: str
    version: int
    definition_hash: str
    source: Source
    in_force: bool


@dataclass(frozen=True, slots=True)
class Filling:
    """How far the parties have been gone through: `scheduled` of `parties`, up to `scheduled_to`."""

    name: str
    version: int
    in_force: bool
    parties: int
    scheduled: int
    scheduled_to: UUID | None
    scheduled_at: datetime | None


@lru_cache(maxsize=1_000)
def _read(text: str) -> Definition:
    return Definition.model_validate_json(text)


async def share_segments(tx: Transaction) -> None:
    await tx.execute(SQL["share_segments"])


async def lock_segments(tx: Transaction) -> None:
    await tx.execute(SQL["lock_segments"])


async def load_segments(tx: Transaction) -> list[Segment]:
    rows = await tx.fetch(SQL["load_segments"])
    return [Segment(_read(row["definition"]), row["version"], row["in_force"], row["filled"]) for row in rows]


async def load_digests(tx: Transaction) -> dict[str, Published]:
    """The newest version of each name."""
    return {row["name"]: Published(**row) for row in await tx.fetch(SQL["load_digests"])}


async def load_file_digests(tx: Transaction) -> dict[str, str]:
    return {row["name"]: row["definition_hash"] for row in await tx.fetch(SQL["load_file_digests"])}


async def add_segment(tx: Transaction, definition: Definition, version: int, source: Source) -> None:
    """The older versions hold no longer."""
    await tx.execute(SQL["stop_older"], definition.name, tx.now)
    document = json.dumps(definition.document(), ensure_ascii=False)
    await tx.execute(SQL["add_segment"], definition.name, version, document, definition.digest(), source, tx.now)


async def stop_segment(tx: Transaction, name: str, version: int) -> None:
    await tx.execute(SQL["stop_segment"], name, version, tx.now)


async def take_filling(tx: Transaction) -> Filling | None:
    """One that is not finished, and that no other instance works at."""
    row = await tx.fetchrow(SQL["take_filling"])
    return None if row is None else Filling(**row)


async def count_parties(tx: Transaction, filling: Filling) -> int:
    counted: int = await tx.fetchval(SQL["count_parties"], filling.name, filling.in_force)
    return counted


async def next_parties(tx: Transaction, filling: Filling, limit: int) -> list[UUID]:
    if filling.in_force:
        rows = await tx.fetch(SQL["next_parties"], filling.scheduled_to, limit)
    else:
        rows = await tx.fetch(SQL["next_members"], filling.name, filling.scheduled_to, limit)
    return [row["id"] for row in rows]


async def save_filling(tx: Transaction, filling: Filling, filled_at: datetime | None) -> None:
    f = filling
    await tx.execute(
        SQL["save_filling"], f.name, f.version, f.parties, f.scheduled, f.scheduled_to, f.scheduled_at, filled_at
    )


async def count_waiting(tx: Transaction, until: datetime, limit: int) -> int:
    """Parties that wait to be decided by then; `limit` at most."""
    waiting: int = await tx.fetchval(SQL["count_waiting"], until, limit)
    return waiting


async def load_members(tx: Transaction, parties: Collection[UUID]) -> dict[UUID, dict[str, Member]]:
    """By party and segment; also who left."""
    found: dict[UUID, dict[str, Member]] = {}
    for row in await tx.fetch(SQL["load_members"], sorted(parties)):
        found.setdefault(row["party_id"], {})[row["segment"]] = Member(**row)
    return found


async def save_members(tx: Transaction, members: Sequence[Member]) -> None:
    rows = [(m.segment, m.party_id, m.is_in, m.since, m.version, m.changes, m.event_id) for m in members]
    if rows:
        await tx.execute(SQL["save_members"], *columns(rows))


async def resize(tx: Transaction, sizes: Mapping[tuple[str, int], int]) -> None:
    """How many more parties, or fewer, by segment and partition."""
    rows = [(*key, more) for key, more in sorted(sizes.items()) if more]
    if rows:
        await tx.execute(SQL["resize"], *columns(rows))


async def add_changes(tx: Transaction, changes: Sequence[tuple[Member, int]]) -> None:
    """Each with its party's partition."""
    rows = [(m.event_id, m.segment, m.version, m.party_id, place, m.is_in, m.since) for m, place in changes]
    if rows:
        await tx.execute(SQL["add_changes"], *columns(rows))


async def take_changes(tx: Transaction, ids: Collection[UUID]) -> list[tuple[Member, int]]:
    """Those of them that campaigns have not heard yet, each with its party's partition."""
    rows = [dict(row) for row in await tx.fetch(SQL["take_changes"], sorted(ids))]
    return [(Member(**{name: row[name] for name in row if name != "partition"}), row["partition"]) for row in rows]


async def load_memberships(tx: Transaction, parties: Collection[UUID]) -> dict[UUID, set[str]]:
    found: dict[UUID, set[str]] = {}
    for row in await tx.fetch(SQL["load_memberships"], sorted(parties)):
        found.setdefault(row["party_id"], set()).add(row["segment"])
    return found


async def list_segments(tx: Transaction, after: str | None, limit: int) -> list[schemas.Segment]:
    return [_shown(dict(row)) for row in await tx.fetch(SQL["list_segments"], after, limit)]


async def find_segment(tx: Transaction, name: str) -> schemas.Segment | None:
    row = await tx.fetchrow(SQL["find_segment"], name)
    return None if row is None else _shown(dict(row))


def _shown(row: dict[str, object]) -> schemas.Segment:
    definition = json.loads(str(row.pop("definition")))
    row["segment"] = row.pop("name")
    return schemas.Segment.model_validate({**row, "definition": definition, "description": definition["description"]})


async def list_members(tx: Transaction, name: str, after: UUID | None, limit: int) -> list[schemas.SegmentMember]:
    return [schemas.SegmentMember(**row) for row in await tx.fetch(SQL["list_members"], name, after, limit)]
