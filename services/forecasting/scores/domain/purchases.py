"""The days on which parties bought, added up from a batch of sales: sums, so any order gives the same."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from uuid import UUID

from services.forecasting.cuts.domain import day_of
from shared.engine.event import Event
from shared.events.sales import SaleCompleted, SaleRefunded

PurchaseKey = tuple[UUID, date, str]
"""Party, day (UTC, of the event's time), currency."""


def add_up(events: Iterable[Event[SaleCompleted | SaleRefunded]]) -> dict[PurchaseKey, list[int]]:
    """Number and amount of sales. A refund does not undo a purchase: the customer was there."""
    sums: defaultdict[PurchaseKey, list[int]] = defaultdict(lambda: [0, 0])
    for event in events:
        sale = event.data
        if isinstance(sale, SaleCompleted):
            row = sums[sale.party_id, day_of(event.time), sale.total.currency]
            row[0] += 1
            row[1] += sale.total.minor
    return dict(sums)
