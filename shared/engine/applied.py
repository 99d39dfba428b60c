"""Which facts from outside were applied, for those who take in facts themselves."""

from collections.abc import Collection

from shared.engine.postgres import SQL
from shared.engine.subscription import Subscription
from shared.engine.transaction import Transaction
from shared.sql import columns


async def find_applied(
    tx: Transaction, subscription: Subscription, ids: Collection[tuple[str, str]]
) -> set[tuple[str, str]]:
    """Those of these (source, id) under which the subscription applied a fact in the last 30 days."""
    if not ids:
        return set()
    rows = await tx.fetch(SQL["find_applied"], subscription.group, *columns(ids))
    return {(row["source"], row["id"]) for row in rows}
