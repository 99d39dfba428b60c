"""A batch of sales and refunds, folded into the rows that it adds to the aggregates.

Amounts are minor units, each in its own currency; days are UTC days of the time of the event. Everything is a sum or a
row of its own, so events may come in any order and in any batches.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date
from uuid import UUID

from shared.engine.event import Event
from shared.events.sales import SaleCompleted, SaleRefunded

SoldKey = tuple[date, str, str, str]
"""Day, SKU, channel, currency."""
ChannelKey = tuple[date, str, str, int]
"""Day, channel, currency, partition: of the topic, so that two instances never want the same row."""
PurchaseKey = tuple[UUID, date, str]
"""Party, day, currency."""


@dataclass(frozen=True, slots=True)
class Sale:
    """What a refund needs to know of its sale, each SKU once."""

    origin: str
    sale_id: str
    day: date
    channel: str
    skus: list[str]
    quantities: list[int]
    amounts: list[int]


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
    """Additions by key: sold (sales, units, revenue), by channel (sales, revenue), by party (sales, amount)."""

    sold: defaultdict[SoldKey, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0, 0]))
    channels: defaultdict[ChannelKey, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0]))
    purchases: defaultdict[PurchaseKey, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0]))
    sales: list[Sale] = field(default_factory=list)
    refunds: list[Refund] = field(default_factory=list)


def fold(events: Iterable[Event[SaleCompleted | SaleRefunded]]) -> Folded:
    folded = Folded()
    for event in events:
        day = event.time.astimezone(UTC).date()
        match event.data:
            case SaleCompleted() as sale:
                _add_sale(folded, sale, day, event.partition)
            case SaleRefunded() as refund:
                folded.refunds.append(_refund(event.id, refund, day))
    return folded


def _add_sale(folded: Folded, sale: SaleCompleted, day: date, partition: int) -> None:
    channel, total = sale.channel, sale.total
    lines: dict[str, list[int]] = {}
    for line in sale.lines:
        quantity, price = line.quantity, line.unit_price
        amount = quantity * price.minor
        if line.discount is not None:
            amount -= line.discount.minor
        if (bought := lines.get(line.sku)) is None:
            lines[line.sku] = [quantity, amount]
            repeated = 0
        else:
            bought[0] += quantity
            bought[1] += amount
            repeated = 1
        row = folded.sold[day, line.sku, channel, price.currency]
        row[0] += 1 - repeated
        row[1] += quantity
        row[2] += amount
    bought_lines = lines.values()
    folded.sales.append(
        Sale(
            sale.origin,
            sale.sale_id,
            day,
            channel,
            list(lines),
            [quantity for quantity, _ in bought_lines],
            [amount for _, amount in bought_lines],
        )
    )
    for row in (
        folded.channels[day, channel, total.currency, partition],
        folded.purchases[sale.party_id, day, total.currency],
    ):
        row[0] += 1
        row[1] += total.minor


def _refund(event_id: str, refund: SaleRefunded, day: date) -> Refund:
    back: defaultdict[str, int] = defaultdict(int)
    for line in refund.lines:
        back[line.sku] += line.quantity
    total = refund.total
    return Refund(
        event_id, refund.origin, refund.sale_id, day, total.currency, total.minor, list(back), list(back.values())
    )
