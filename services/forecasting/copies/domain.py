"""Descriptions of products: within a key the log's order decides."""

from collections.abc import Iterable

from shared.engine.event import Event, Tombstone
from shared.events.products import ProductDescribed


def newest(events: Iterable[Event[ProductDescribed | Tombstone]]) -> tuple[list[ProductDescribed], list[str]]:
    """The last description of each SKU, and the SKUs that are described no more; both sorted by SKU."""
    last = {
        event.data.sku if isinstance(event.data, ProductDescribed) else event.key_text: event.data for event in events
    }
    described = [data for data in last.values() if isinstance(data, ProductDescribed)]
    forgotten = [sku for sku, data in last.items() if isinstance(data, Tombstone)]
    return sorted(described, key=lambda data: data.sku), sorted(forgotten)
