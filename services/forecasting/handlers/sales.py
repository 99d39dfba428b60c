"""What forecasting learns from sales: who bought what, when, and what was paid back."""

from collections.abc import Sequence

import structlog

from services.forecasting import store
from services.forecasting.domain.sales import fold
from services.forecasting.subscriptions import sales as hears
from shared.engine.event import Event
from shared.engine.transaction import Transaction
from shared.events.sales import SaleCompleted, SaleRefunded

log = structlog.get_logger()


@hears.topic("crm.sales")
async def count_sales(events: Sequence[Event[SaleCompleted | SaleRefunded]], tx: Transaction) -> None:
    """Add the batch to the sums of its days; a refund is kept by its sale's natural id and joined on reading."""
    folded = fold(events)
    await store.add_sold(tx, folded.sold)
    await store.add_channels(tx, folded.channels)
    await store.add_purchases(tx, folded.purchases)
    await store.keep_sales(tx, folded.sales)
    await store.keep_refunds(tx, folded.refunds)
    log.info(
        "sales_counted",
        sales=len(folded.sales),
        refunds=len(folded.refunds),
        products=sum(map(len, folded.sold.values())),
    )
