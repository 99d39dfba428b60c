"""What was taken over HTTP and may not have been applied yet, in Postgres."""

from collections.abc import Iterable
from pathlib import Path

from shared.engine.transaction import Transaction
from shared.sql import columns, load_queries

SQL = load_queries(Path(__file__).with_name("queries.sql"))

Taken = tuple[tuple[str, str], bytes]
"""(source, id) and content of a fact."""


async def add_received(tx: Transaction, facts: Iterable[Taken]) -> set[Taken]:
    """Remember facts; returns those that were not. Waits for another transaction that takes the same."""
    rows = sorted((*name, content) for name, content in facts)
    if not rows:
        return set()
    added = await tx.fetch(SQL["add_received"], *columns(rows))
    return {((row["source"], row["id"]), row["content"]) for row in added}
