"""Who bought what and when, and what was paid back, added up by day and by quarter of an hour."""

from collections.abc import Sequence

from services.forecasting.sales import store
from services.forecasting.sales.domain import fold
from shared.engine.event import Event
from shared.engine.transaction import Transaction
from shared.events.sales import OfSales


async def add_sales(tx: Transaction, events: Sequence[Event[OfSales]]) -> tuple[int, int]:
    """Add the batch to the sums of its days and slots; the number of sales and of refunds.

    A refund is kept by its sale's natural id and joined on reading.
    """
    folded = fold(events)
    await store.add_sold(tx, folded.sold)
    await store.add_baskets(tx, folded.baskets)
    await store.copy_sales(tx, folded.sales)
    await store.amend_sales(tx, folded.amended)
    await store.copy_refunds(tx, folded.refunds)
    return len(folded.sales), len(folded.refunds)
