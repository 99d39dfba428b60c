"""What others say of products and of who is one party: of two, the last of the log holds, whatever times they carry."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from services.forecasting.cuts.domain import day_of
from shared.engine.event import Event, Tombstone
from shared.events.contacts import PartyMerged, PartyUnmerged
from shared.events.money import Money
from shared.events.products import ProductDescribed
from shared.sql import storable


@dataclass(frozen=True, slots=True)
class Product:
    """`category` is a path from the department down, without empty parts; `stock` is that of the day `described_on`."""

    sku: str
    name: str
    category: tuple[str, ...]
    price: Money | None = None
    cost: Money | None = None
    stock: int | None = None
    lead_time_days: int | None = None
    described_on: date | None = None


@dataclass(frozen=True, slots=True)
class Family:
    """A party with all ids under which facts of it are known; `party_id` is the one that goes on."""

    party_id: UUID
    ids: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class Aliases:
    """Of a batch the merges that stand, and those that were undone, by party."""

    merged: dict[UUID, PartyMerged]
    undone: list[PartyUnmerged]


def follow_merges(events: Iterable[Event[PartyMerged | PartyUnmerged]]) -> Aliases:
    """Each is told of both parties; the record of the one that is merged into the other says it, in its own order."""
    merged: dict[UUID, PartyMerged] = {}
    undone: list[PartyUnmerged] = []
    for event in events:
        data = event.data
        if data.party_id != data.merged_party_id:
            continue
        if isinstance(data, PartyMerged):
            merged[data.party_id] = data
        else:
            undone.append(data)
            if (known := merged.get(data.party_id)) is not None and known.merge_id == data.merge_id:
                del merged[data.party_id]
    return Aliases(merged, undone)


def newest(events: Iterable[Event[ProductDescribed | Tombstone]]) -> tuple[list[Product], list[str]]:
    """The last description of each SKU, and the SKUs that are described no more; both sorted by SKU."""
    last: dict[str, Product | None] = {}
    for event in events:
        data = event.data
        if isinstance(data, ProductDescribed):
            path = tuple(storable(part) for part in data.category if part.strip())
            terms = (data.price, data.cost, data.stock, data.lead_time_days, day_of(event.time))
            product = Product(storable(data.sku), storable(data.name), path, *terms)
            last[product.sku] = product
        else:
            last[storable(event.key_text)] = None
    described = [product for product in last.values() if product is not None]
    return sorted(described, key=lambda product: product.sku), sorted(sku for sku in last if last[sku] is None)
