"""The stages of parties, and what they follow from, in Postgres."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

from services.contacts.lifecycle.domain import Entry, Known, Signal, Stay, in_order
from shared.engine.transaction import Transaction
from shared.sql import columns, load_queries

SQL = load_queries(Path(__file__).with_name("queries.sql"))


class Kept(NamedTuple):
    """A fact of a party that its stages may follow from."""

    party_id: UUID
    signal: Signal
    entry: Entry
    recorded_at: datetime


class Life(NamedTuple):
    """What the stages of a party follow from, and its stages as they were told."""

    known: Known
    told: list[Stay]


async def load_lives(tx: Transaction, party_ids: Collection[UUID]) -> dict[UUID, Life]:
    """By party, for each of these."""
    found = {party_id: Life(Known(), []) for party_id in party_ids}
    for row in await tx.fetch(SQL["load_lives"], sorted(party_ids)) if party_ids else ():
        known, told = found[row["party_id"]]
        if row["told"]:
            told.append(Stay(row["name"], row["at"], row["event_id"], row["by_time"], row["left_at"]))
            continue
        known.add(row["name"], Entry(row["at"], row["event_id"]))
        if row["is_cancelled"]:
            known.cancelled.add(row["event_id"])
    return {party_id: Life(known, in_order(told)) for party_id, (known, told) in found.items()}


async def find_frequent(tx: Transaction, party_ids: Collection[UUID], sales: int) -> set[UUID]:
    """Those of the parties that have so many sales that stand, however long ago."""
    return {row["party_id"] for row in await tx.fetch(SQL["find_frequent"], sorted(party_ids), sales)}


async def add_facts(tx: Transaction, facts: Iterable[Kept]) -> None:
    rows = sorted({(each.party_id, each.signal, *each.entry, each.recorded_at) for each in facts})
    if rows:
        await tx.execute(SQL["add_facts"], *columns(rows))


async def load_facts(tx: Transaction, party_ids: Collection[UUID], at: datetime) -> Known:
    """What these parties' stages follow from, beside their sales, as far as it was known at a time."""
    known = Known()
    for row in await tx.fetch(SQL["load_facts"], sorted(party_ids), at):
        known.add(row["signal"], Entry(row["occurred_at"], row["event_id"]))
    return known


async def save_stages(
    tx: Transaction, stages: Mapping[UUID, Sequence[Stay]], gone: Mapping[UUID, Sequence[Stay]]
) -> None:
    """Write these stages; those that are gone go first."""
    removed = sorted((party_id, *stay.place) for party_id, stays in gone.items() for stay in stays)
    if removed:
        await tx.execute(SQL["forget_stages"], *columns(removed))
    rows = sorted(
        (party_id, *stay.place, stay.left_at, stay.cause_event_id, stay.by_time)
        for party_id, stays in stages.items()
        for stay in stays
    )
    if rows:
        await tx.execute(SQL["save_stages"], *columns(rows))
