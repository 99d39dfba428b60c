"""What the products are that campaigns choose by."""

from collections.abc import Sequence

import structlog

from services.marketing.copies import commands as copies
from services.marketing.subscriptions import follow_ups as hears
from shared.engine.event import Event, Tombstone
from shared.engine.transaction import Transaction
from shared.events.products import ProductDescribed

log = structlog.get_logger()


@hears.topic("crm.products")
async def copy_products(events: Sequence[Event[ProductDescribed | Tombstone]], tx: Transaction) -> None:
    await copies.copy_products(tx, events)
    log.info("products_copied", products=len(events))
