"""The copies of products: what each is called, and the path of its categories."""

from collections.abc import Sequence

from services.forecasting.copies import store
from services.forecasting.copies.domain import newest
from shared.engine.event import Event, Tombstone
from shared.engine.transaction import Transaction
from shared.events.products import ProductDescribed


async def copy_products(tx: Transaction, events: Sequence[Event[ProductDescribed | Tombstone]]) -> tuple[int, int]:
    """Keep the newest descriptions; how many products were described, and how many forgotten."""
    described, forgotten = newest(events)
    await store.save_products(tx, described)
    await store.forget_products(tx, forgotten)
    return len(described), len(forgotten)
