"""A batch of sales and refunds, folded into the rows that it adds to the aggregates.

Amounts are minor units, each in its own currency; slots and days are those of the time of the event. Everything is a
sum or a row of its own, so events may come in any order and in any batches.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from services.forecasting.cuts.domain import day_of, slot_of
from shared.engine.event import Event
from shared.events.sales import OfSales, SaleAmended, SaleCancelled, SaleCompleted, SaleRefunded, SaleState
from shared.events.values import Line
from shared.sql import storable

Group = tuple[datetime, str, str, str]
"""Slot, store (empty where none was named), channel, currency."""
BasketKey = tuple[datetime, str, str, str, int]
"""Slot, store, channel, currency, partition: of the topic, so that two instances never want the same row."""
State = SaleCompleted | SaleAmended | SaleState
Bought = tuple[str, int, int]
"""SKU, units and amount, each SKU once."""


@dataclass(frozen=True, slots=True)
class Sale:
    """What a refund needs to know of its sale, and who asks about the sales to a segment. Of a cancelled one nothing is
    paid back that still counts.

    `day` and `at` are those at which it was made.
    """

    origin: str
    sale_id: str
    party_id: UUID
    day: date
    at: datetime
    store: str
    channel: str
    currency: str
    total: int
    lines: list[Bought]
    cancelled: bool = False


@dataclass(frozen=True, slots=True)
class Refund:
    """`skus` is empty where the refund names no lines: then it is for the whole sale."""

    event_id: str
    origin: str
    sale_id: str
    day: date
    at: datetime
    currency: str
    amount: int
    skus: list[str]
    quantities: list[int]


@dataclass(slots=True)
class Folded:
    """What a batch adds: sold (sales, units, revenue, units of lines with a discount) by group and SKU, and baskets
    (sales, amount).

    A sale that was amended or cancelled takes off, in its own slot, what it had been; `amended` are these sales as they
    are.
    """

    sold: defaultdict[Group, dict[str, list[int]]] = field(default_factory=lambda: defaultdict(dict))
    baskets: defaultdict[BasketKey, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0]))
    sales: list[Sale] = field(default_factory=list)
    amended: dict[tuple[str, str], Sale] = field(default_factory=dict)
    refunds: list[Refund] = field(default_factory=list)


def fold(events: Iterable[Event[OfSales]]) -> Folded:
    folded = Folded()
    for event in events:
        match event.data:
            case SaleCompleted() as sale:
                lines = _add(folded, sale, event.time, event.partition, 1)
                folded.sales.append(
                    _sale((sale.origin, storable(sale.sale_id)), sale.party_id, event.time, sale, lines)
                )
            case SaleRefunded() as refund:
                folded.refunds.append(_refund(event.id, refund, event.time))
            case SaleAmended() | SaleCancelled() as revised:
                _revise(folded, revised, event.partition)
    return folded


def _revise(folded: Folded, revised: SaleAmended | SaleCancelled, partition: int) -> None:
    name, made = (revised.origin, storable(revised.sale_id)), (revised.party_id, revised.sold_at)
    if (before := revised.replaces) is not None:
        lines = _add(folded, before, revised.sold_at, partition, -1)
        folded.amended[name] = _sale(name, *made, before, lines, cancelled=True)
    if isinstance(revised, SaleAmended):
        lines = _add(folded, revised, revised.sold_at, partition, 1)
        folded.amended[name] = _sale(name, *made, revised, lines)


def _sale(
    name: tuple[str, str], party_id: UUID, at: datetime, sale: State, lines: list[Bought], *, cancelled: bool = False
) -> Sale:
    total = sale.total
    store = storable(sale.store or "")
    return Sale(
        *name, party_id, day_of(at), at, store, sale.channel, total.currency, total.minor, lines, cancelled=cancelled
    )


def _add(folded: Folded, sale: State, at: datetime, partition: int, sign: Literal[1, -1]) -> list[Bought]:
    """Add a sale, or take it off; its products."""
    group = slot_of(at), storable(sale.store or ""), sale.channel, sale.total.currency
    lines = _lines(sale.lines)
    rows = folded.sold[group]
    for sku, quantity, amount in lines:
        if (row := rows.get(sku)) is None:
            rows[sku] = [sign, sign * quantity, sign * amount, 0]
        else:
            row[0] += sign
            row[1] += sign * quantity
            row[2] += sign * amount
    for line in sale.lines:
        if line.discount is not None and line.discount.minor > 0:
            rows[storable(line.sku)][3] += sign * line.quantity
    sums = folded.baskets[*group, partition]
    sums[0] += sign
    sums[1] += sign * sale.total.minor
    return lines


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


def _refund(event_id: str, refund: SaleRefunded, at: datetime) -> Refund:
    back: defaultdict[str, int] = defaultdict(int)
    for line in refund.lines:
        back[storable(line.sku)] += line.quantity
    total = refund.total
    return Refund(
        event_id,
        refund.origin,
        storable(refund.sale_id),
        day_of(at),
        at,
        total.currency,
        total.minor,
        list(back),
        list(back.values()),
    )
