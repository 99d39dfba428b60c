"""Descriptions of products: of two, the last of the log holds, whatever times they carry."""

from collections.abc import Iterable
from dataclasses import dataclass

from shared.engine.event import Event, Tombstone
from shared.events.products import ProductDescribed
from shared.sql import storable


@dataclass(frozen=True, slots=True)
class Product:
    """`category` is a path from the department down, without empty parts."""

    sku: str
    name: str
    category: tuple[str, ...]


def newest(events: Iterable[Event[ProductDescribed | Tombstone]]) -> tuple[list[Product], list[str]]:
    """The last description of each SKU, and the SKUs that are described no more; both sorted by SKU."""
    last: dict[str, Product | None] = {}
    for event in events:
        data = event.data
        if isinstance(data, ProductDescribed):
            path = tuple(storable(part) for part in data.category if part.strip())
            product = Product(storable(data.sku), storable(data.name), path)
            last[product.sku] = product
        else:
            last[storable(event.key_text)] = None
    described = [product for product in last.values() if product is not None]
    return sorted(described, key=lambda product: product.sku), sorted(sku for sku in last if last[sku] is None)
