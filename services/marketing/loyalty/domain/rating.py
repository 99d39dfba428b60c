"""How many points a sale earns, as it stands after its amendments and refunds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.marketing.catalogue.domain.campaign import Basket, Category, matches
from services.marketing.loyalty.domain.programme import MOST_POINTS, Programme, Tiers
from shared.events.money import Money
from shared.events.values import Line, ReturnedLine
from shared.sql import storable


@dataclass(frozen=True, slots=True)
class SoldLine:
    """`rules` are the places of those rules of the programme whose `when` the line fitted when it was read."""

    sku: str
    quantity: int
    minor: int
    rules: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Sold:
    """What was sold, in the newest revision."""

    currency: str
    minor: int
    lines: tuple[SoldLine, ...] = ()


@dataclass(frozen=True, slots=True)
class PaidBack:
    """One refund; `lines` are products and quantities that came back, where it names them."""

    event_id: str
    currency: str
    minor: int
    lines: tuple[tuple[str, int], ...] = ()


def sold_of(
    total: Money, lines: Sequence[Line], channel: str, programme: Programme, products: Mapping[str, Category]
) -> Sold:
    """Which rules a line fits is settled here, so that a product that is described anew later changes no sale."""
    kept = tuple(
        SoldLine(
            storable(line.sku),
            line.quantity,
            line.unit_price.minor * line.quantity - (line.discount.minor if line.discount else 0),
            _fitting(Basket.of([line.sku], channel, products), programme),
        )
        for line in lines
    )
    return Sold(total.currency, total.minor, kept)


def paid_back_of(event_id: str, total: Money, lines: Sequence[ReturnedLine]) -> PaidBack:
    returned = tuple((storable(line.sku), line.quantity) for line in lines)
    return PaidBack(event_id, total.currency, total.minor, returned)


def _fitting(basket: Basket, programme: Programme) -> tuple[int, ...]:
    rules = enumerate(programme.earn)
    return tuple(place for place, rule in rules if rule.when is not None and matches(rule.when, basket))


def net_of(sold: Sold, refunds: Sequence[PaidBack]) -> int:
    """The money that stays paid; refunds in another currency take nothing off."""
    back = sum(each.minor for each in refunds if each.currency == sold.currency)
    return max(0, sold.minor - back)


def rate(sold: Sold, refunds: Sequence[PaidBack], programme: Programme) -> int:
    """The points of the sale before tiers multiply them; none where all of it was paid back."""
    net = net_of(sold, refunds)
    if not net:
        return 0
    lines = _net_lines(sold, refunds)
    points = 0
    for place, rule in enumerate(programme.earn):
        if rule.per.currency == sold.currency:
            amount = net if rule.when is None else sum(m for line, m in lines if place in line.rules)
            points += max(0, amount) * rule.points // rule.per.minor
    return min(points, MOST_POINTS)


def _net_lines(sold: Sold, refunds: Sequence[PaidBack]) -> list[tuple[SoldLine, int]]:
    """Each line with the money that stays paid for it; a refund that names no lines takes its share off each."""
    returned: dict[str, int] = {}
    for sku, quantity in (line for refund in refunds for line in refund.lines):
        returned[sku] = returned.get(sku, 0) + quantity
    unnamed = sum(each.minor for each in refunds if not each.lines and each.currency == sold.currency)
    found = []
    for line in sold.lines:
        back = min(returned.get(line.sku, 0), line.quantity)
        returned[line.sku] = returned.get(line.sku, 0) - back
        minor = line.minor * (line.quantity - back) // line.quantity
        found.append((line, minor * max(0, sold.minor - unnamed) // sold.minor))
    return found


def multiplied(base: int, before: int, tiers: Tiers | None) -> int:
    """What a sale of `base` points earns when the party had `before` qualifying points until then."""
    if tiers is None or not base:
        return base
    levels = [(0, 100), *((level.from_, level.percent) for level in tiers.levels)]
    if tiers.mode == "flat":
        percent = [percent for threshold, percent in levels if threshold <= before][-1]
        return min(base * percent // 100, MOST_POINTS)
    ends = [*(threshold for threshold, _ in levels[1:]), before + base]
    parts = [
        (min(end, before + base) - max(start, before), percent)
        for (start, percent), end in zip(levels, ends, strict=True)
    ]
    return min(sum(size * percent for size, percent in parts if size > 0) // 100, MOST_POINTS)
