"""A batch of sales and refunds, folded into the rows that it adds to the aggregates.

Amounts are minor units, each in its own currency; days are UTC days of the time of the event. Everything is a sum or a
row of its own, so events may come in any order and in any batches.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from services.forecasting.cuts.domain import day_of
from shared.engine.event import Event
from shared.events.sales import SaleCompleted, SaleRefunded
from shared.events.values import Line
from shared.sql import storable

Group = tuple[date, str, str]
"""Day, channel, currency."""
ChannelKey = tuple[date, str, str, int]
"""Day, channel, currency, partition: of the topic, so that two instances never want the same row."""
Bought = tuple[str, int, int]
"""SKU, units and amount, each SKU once."""


@dataclass(frozen=True, slots=True)
class Sale:
    """What a refund needs to know of its sale."""

    origin: str
    sale_id: str
    channel: str
    lines: list[Bought]


@dataclass(frozen=True, slots=True)
class Refund:
    """`skus` is empty where the refund names no lines: then it is for the whole sale."""

    event_id: str
    origin: str
    sale_id: str
    day: date
    currency: str
    amount: int
    skus: list[str]
    quantities: list[int]


@dataclass(slots=True)
class Folded:
    """What a batch adds: sold (sales, units, revenue) by group and SKU, and channels (sales, amount)."""

    sold: defaultdict[Group, dict[str, list[int]]] = field(default_factory=lambda: defaultdict(dict))
    channels: defaultdict[ChannelKey, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0]))
    sales: list[Sale] = field(default_factory=list)
    refunds: list[Refund] = field(default_factory=list)


def fold(events: Iterable[Event[SaleCompleted | SaleRefunded]]) -> Folded:
    folded = Folded()
    for event in events:
        day = day_of(event.time)
        if isinstance(event.data, SaleCompleted):
            _add_sale(folded, event.data, day, event.partition)
        else:
            folded.refunds.append(_refund(event.id, event.data, day))
    return folded


def _add_sale(folded: Folded, sale: SaleCompleted, day: date, partition: int) -> None:
    channel, total = sale.channel, sale.total
    currency = total.currency
    lines = _lines(sale.lines)
    rows = folded.sold[day, channel, currency]
    for sku, quantity, amount in lines:
        if (row := rows.get(sku)) is None:
            rows[sku] = [1, quantity, amount]
        else:
            row[0] += 1
            row[1] += quantity
            row[2] += amount
    folded.sales.append(Sale(sale.origin, storable(sale.sale_id), channel, lines))
    sums = folded.channels[day, channel, currency, partition]
    sums[0] += 1
    sums[1] += total.minor


def _lines(lines: Iterable[Line]) -> list[Bought]:
    """Lines of one SKU added up. A line is in the currency of its sale: contacts refuses others."""
    bought: dict[str, Bought] = {}
    for line in lines:
        sku, quantity = storable(line.sku), line.quantity
        amount = quantity * line.unit_price.minor
        if line.discount is not None:
            amount -= line.discount.minor
        if sku in bought:
            _, more, paid = bought[sku]
            quantity, amount = quantity + more, amount + paid
        bought[sku] = (sku, quantity, amount)
    return list(bought.values())


def _refund(event_id: str, refund: SaleRefunded, day: date) -> Refund:
    back: defaultdict[str, int] = defaultdict(int)
    for line in refund.lines:
        back[storable(line.sku)] += line.quantity
    total = refund.total
    return Refund(
        event_id,
        refund.origin,
        storable(refund.sale_id),
        day,
        total.currency,
        total.minor,
        list(back),
        list(back.values()),
    )
