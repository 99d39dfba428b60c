"""Words that campaigns gave parties, a typed function per statement."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from pathlib import Path
from uuid import UUID

from shared.engine.transaction import Transaction
from shared.sql import columns, load_queries

SQL = load_queries(Path(__file__).with_name("queries.sql"))


async def save_tags(tx: Transaction, tags: Mapping[tuple[UUID, str], bool]) -> None:
    """Added where True, else taken away."""
    added = [key for key, stays in tags.items() if stays]
    gone = [key for key, stays in tags.items() if not stays]
    if added:
        await tx.execute(SQL["add_tags"], *columns(added))
    if gone:
        await tx.execute(SQL["forget_tags"], *columns(gone))


async def load_tags(tx: Transaction, parties: Collection[UUID]) -> Mapping[UUID, frozenset[str]]:
    found: defaultdict[UUID, set[str]] = defaultdict(set)
    for row in await tx.fetch(SQL["load_tags"], sorted(parties)):
        found[row["party_id"]].add(row["tag"])
    return {party: frozenset(tags) for party, tags in found.items()}
