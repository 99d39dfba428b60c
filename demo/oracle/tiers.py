"""The tiers of the programme: what customers earn towards them, and the letter that names a better one."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from demo.oracle.campaigns import Campaign, outcome_of
from demo.oracle.ledger import Customer, Refund, Sale
from demo.oracle.reading import SQL, Databases, Expected, Read, Rows, customers
from demo.oracle.segments import alone

CAMPAIGN = "tier-change"
CAMPAIGNS = frozenset([CAMPAIGN])
LEVELS = (("bronze", 0), ("silver", 1_000), ("gold", 5_000))
"""As the programme's file has them; a point for each dollar, and for each five of flowers one more."""
FLOWERS = "FLORAL"
_AFTER = timedelta(days=1)
_AGAIN = timedelta(days=90)


class Reached(NamedTuple):
    """A better tier, and when the purchase was that led to it."""

    customer: str
    tier: str
    at: datetime


def points_of(sale: Sale, refunds: list[Refund], flowers: frozenset[str]) -> int:
    """Of what stays paid; a refund takes its units off the lines that it names."""
    net = max(0, sale.total - sum(refund.total for refund in refunds))
    of_flowers = 0
    for sku in flowers & sale.lines.keys():
        units, value = sale.lines[sku]
        back = min(units, sum(refund.lines.get(sku, 0) for refund in refunds))
        of_flowers += value * (units - back) // units
    return net // 100 + of_flowers // 500 if net else 0


def tier_of(points: int) -> tuple[int, str]:
    """With its rank."""
    return max((rank, name) for rank, (name, least) in enumerate(LEVELS) if least <= points)


def walk(number: str, customer: Customer, flowers: frozenset[str]) -> tuple[int, list[Reached]]:
    """What a customer has earned in the end, and the better tiers on the way, as things came to be known."""
    told: list[tuple[int, Sale, Refund | None]] = [(sale.order, sale, None) for sale in customer.sales]
    of = {sale.key: sale for sale in customer.sales}
    told += [(max(each.order, of[each.sale].order), of[each.sale], each) for each in customer.refunds]
    earned: dict[tuple[str, str], int] = {}
    back: defaultdict[tuple[str, str], list[Refund]] = defaultdict(list)
    rank, reached = -1, []
    for _, sale, refund in sorted(told, key=lambda each: each[0]):
        if refund is not None:
            back[sale.key].append(refund)
        earned[sale.key] = points_of(sale, back[sale.key], flowers)
        before, (rank, name) = rank, tier_of(sum(earned.values()))
        known = sum(other.at <= sale.at and other.order <= sale.order for other in customer.sales)
        if rank > before and known > 1:
            reached.append(Reached(number, name, sale.at if refund is None else refund.at))
    return sum(earned.values()), reached


def _flowers(expected: Expected) -> frozenset[str]:
    return frozenset(sku for sku, category in expected.ledger.categories.items() if category[:1] == (FLOWERS,))


async def read_accounts(databases: Databases, expected: Expected) -> tuple[Rows, Rows]:
    numbers, flowers = await customers(databases), _flowers(expected)
    should = {}
    for number, customer in expected.ledger.customers.items():
        if customer.sales:
            points, _ = walk(number, customer, flowers)
            should[number] = points, tier_of(points)[1]
    rows = await databases.rows("marketing", SQL["load_accounts"])
    return should, {numbers.get(row["party_id"]): (row["qualifying"], row["tier"]) for row in rows}


async def read_letters(databases: Databases, expected: Expected) -> tuple[Rows, Rows]:
    """One for each better tier, but that of the first purchase; and each that was sent names it."""
    single, flowers = await alone(databases, expected), _flowers(expected)
    campaign = next(each for each in expected.campaigns if each.name == CAMPAIGN)
    stands = await _standing(databases, single)
    should: dict[Reached, Any] = {}
    for number in sorted(single):
        customer, last = expected.ledger.customers[number], dict[str, datetime]()
        for each in walk(number, customer, flowers)[1]:
            if each.tier not in last or each.at - last[each.tier] >= _AGAIN:
                last[each.tier] = each.at
                should[each] = _right(customer, campaign, each, stands)
    return should, stands


def _right(customer: Customer, campaign: Campaign, each: Reached, stands: Mapping[Reached, str]) -> str:
    """A refund of the next day may have taken it back."""
    allowed = set(filter(None, outcome_of(customer, campaign, each.at + _AFTER)))
    if any(each.at < refund.at <= each.at + _AFTER for refund in customer.refunds):
        allowed.add("exited")
    found = stands.get(each)
    return found if found in allowed else " or ".join(sorted(allowed))


async def _standing(databases: Databases, single: set[str]) -> dict[Reached, str]:
    numbers = await customers(databases)
    found = {}
    for row in await databases.rows("marketing", SQL["load_entries_of"], CAMPAIGN):
        number = numbers.get(row["party_id"])
        if number in single:
            found[Reached(number, row["tier"], row["triggered_at"])] = row["outcome"]
    return found


PROJECTIONS: dict[str, Read] = {
    "marketing: points towards tiers": read_accounts,
    "marketing: letters about tiers": read_letters,
}
