"""What forecasting learns from products: the path of categories of each, its department first."""

from collections.abc import Sequence

import structlog

from services.forecasting import store
from services.forecasting.domain.product import newest
from services.forecasting.subscriptions import sales as hears
from shared.engine.event import Event, Tombstone
from shared.engine.transaction import Transaction
from shared.events.products import ProductDescribed

log = structlog.get_logger()


@hears.topic("crm.products")
async def keep_products(events: Sequence[Event[ProductDescribed | Tombstone]], tx: Transaction) -> None:
    """Keep the newest description; sums are by SKU, so a product may be described before or after it was sold."""
    described, forgotten = newest(events)
    await store.save_products(tx, described)
    await store.forget_products(tx, forgotten)
    log.info("products_kept", products=len(described), forgotten=len(forgotten))
