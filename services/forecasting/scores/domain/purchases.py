"""The days on which parties bought, added up from a batch of sales: sums, so any order gives the same."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Literal
from uuid import UUID

from services.forecasting.cuts.domain import day_of
from shared.engine.event import Event
from shared.events.money import Money
from shared.events.sales import OfSales, SaleAmended, SaleCancelled, SaleCompleted

PurchaseKey = tuple[UUID, date, str]
"""Party, day (UTC, of the event's time), currency."""


@dataclass(frozen=True, slots=True)
class Spent:
    """In a year: on how many days a party bought, and what it spent in the currency in which it did on most of them, in
    minor units; None where it bought nothing.
    """

    days: int = 0
    currency: str | None = None
    amount: float = 0.0


def add_up(events: Iterable[Event[OfSales]]) -> dict[PurchaseKey, list[int]]:
    """Number and amount of sales, on the days on which they were made.

    A refund does not undo a purchase: the customer was there. What was cancelled was none.
    """
    sums: defaultdict[PurchaseKey, list[int]] = defaultdict(lambda: [0, 0])
    for event in events:
        match event.data:
            case SaleCompleted() as sale:
                _add(sums[sale.party_id, day_of(event.time), sale.total.currency], 1, sale.total)
            case SaleAmended() | SaleCancelled() as revised:
                day = day_of(revised.sold_at)
                if revised.replaces is not None:
                    before = revised.replaces.total
                    _add(sums[revised.party_id, day, before.currency], -1, before)
                if isinstance(revised, SaleAmended):
                    _add(sums[revised.party_id, day, revised.total.currency], 1, revised.total)
    return dict(sums)


def _add(row: list[int], sign: Literal[1, -1], total: Money) -> None:
    row[0] += sign
    row[1] += sign * total.minor
