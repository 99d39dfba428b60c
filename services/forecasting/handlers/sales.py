"""Sales and refunds."""

from collections.abc import Sequence

import structlog

from services.forecasting.sales import commands as sales
from services.forecasting.scores import commands as scores
from services.forecasting.subscriptions import sales as hears
from shared.engine.event import Event
from shared.engine.transaction import Transaction
from shared.events.sales import OfSales

log = structlog.get_logger()


@hears.topic("crm.sales")
async def count_sales(events: Sequence[Event[OfSales]], tx: Transaction) -> None:
    """Add the batch to the sums of its days and to the purchase days of its parties."""
    sold, refunded = await sales.add_sales(tx, events)
    await scores.add_purchases(tx, events)
    log.info("sales_counted", sales=sold, refunds=refunded)
