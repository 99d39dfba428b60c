"""What the products are that campaigns choose by."""

from collections.abc import Sequence

import structlog

from services.marketing import store
from services.marketing.domain.campaign import Category
from services.marketing.subscriptions import follow_ups as hears
from shared.engine.event import Event, Tombstone
from shared.engine.transaction import Transaction
from shared.events.products import ProductDescribed

log = structlog.get_logger()


@hears.topic("crm.products")
async def copy_products(events: Sequence[Event[ProductDescribed | Tombstone]], tx: Transaction) -> None:
    """The last description of each product holds; one that was deleted is forgotten."""
    products: dict[str, tuple[str, Category] | None] = {}
    for event in events:
        match event.data:
            case ProductDescribed(sku=sku, name=name, category=category):
                products[sku] = (name, tuple(category))
            case _:
                products[event.key or ""] = None
    await store.save_products(tx, {sku: each for sku, each in products.items() if each is not None})
    await store.forget_products(tx, [sku for sku, each in products.items() if each is None])
    log.info("products_copied", products=len(products))
