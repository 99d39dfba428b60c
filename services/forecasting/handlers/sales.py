"""Sales, refunds and what is chosen before."""

from collections.abc import Sequence
from typing import cast

import structlog

from services.forecasting.activity import commands as activity
from services.forecasting.sales import commands as sales
from services.forecasting.scores import commands as scores
from services.forecasting.subscriptions import sales as hears
from shared.engine.event import Event
from shared.engine.transaction import Transaction
from shared.events.sales import OfSales, ProductChosen

log = structlog.get_logger()


@hears.topic("crm.sales")
async def count_sales(events: Sequence[Event[OfSales | ProductChosen]], tx: Transaction) -> None:
    """Add the batch to the sums of its days and to the purchase days of its parties, and count what they chose."""
    chosen = [cast("Event[ProductChosen]", event) for event in events if isinstance(event.data, ProductChosen)]
    bought = [cast("Event[OfSales]", event) for event in events if not isinstance(event.data, ProductChosen)]
    sold, refunded = await sales.add_sales(tx, bought)
    await scores.add_purchases(tx, bought)
    await activity.add_choices(tx, chosen)
    log.info("sales_counted", sales=sold, refunds=refunded)
