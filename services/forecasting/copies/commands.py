"""Copies of what others say: what products are called, the path of their categories, and who is one party."""

from collections.abc import Sequence
from uuid import UUID

from services.forecasting.copies import store
from services.forecasting.copies.domain import Family, Product, follow_merges, newest
from shared.engine.event import Event, Tombstone
from shared.engine.transaction import Transaction
from shared.events.contacts import PartyMerged, PartyUnmerged
from shared.events.products import ProductDescribed


async def copy_products(tx: Transaction, events: Sequence[Event[ProductDescribed | Tombstone]]) -> tuple[int, int]:
    """Keep the newest descriptions; how many products were described, and how many forgotten."""
    described, forgotten = newest(events)
    await store.save_products(tx, described)
    await store.forget_products(tx, forgotten)
    return len(described), len(forgotten)


async def load_products(tx: Transaction, skus: Sequence[str]) -> dict[str, Product]:
    """What is known of these products by SKU; those that nobody described are left out."""
    return {product.sku: product for product in await store.load_products(tx, skus)}


async def copy_merges(tx: Transaction, events: Sequence[Event[PartyMerged | PartyUnmerged]]) -> None:
    """Keep who goes on as whom."""
    aliases = follow_merges(events)
    await store.forget_aliases(tx, [(one.party_id, one.merge_id) for one in aliases.undone])
    rows = [(one.party_id, one.into_party_id, one.merge_id) for one in aliases.merged.values()]
    await store.save_aliases(tx, rows)


async def find_family(tx: Transaction, party_id: UUID) -> Family:
    """The party with all that it was merged with; of one that was not, itself alone."""
    return await store.find_family(tx, party_id)
