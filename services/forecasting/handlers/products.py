"""Descriptions of products: the path of categories of each, its department first."""

from collections.abc import Sequence

import structlog

from services.forecasting.copies import commands as copies
from services.forecasting.subscriptions import sales as hears
from shared.engine.event import Event, Tombstone
from shared.engine.transaction import Transaction
from shared.events.products import ProductDescribed

log = structlog.get_logger()


@hears.topic("crm.products")
async def copy_products(events: Sequence[Event[ProductDescribed | Tombstone]], tx: Transaction) -> None:
    """Keep the newest description; sums are by SKU, so a product may be described before or after it was sold."""
    described, forgotten = await copies.copy_products(tx, events)
    log.info("products_copied", products=described, forgotten=forgotten)
