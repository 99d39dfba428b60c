"""What amendments, cancellations and refunds change of a party's totals beside what they add."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from shared.engine.event import Event
from shared.events.sales import SaleAmended, SaleCancelled, SaleRefunded

SaleKey = tuple[UUID, str, str]
"""Party, origin, sale_id."""


class Revised(NamedTuple):
    """A sale that is no longer what was told first; without a currency it was cancelled."""

    currency: str | None
    sold_at: datetime


class PaidBack(NamedTuple):
    """How often, and how much in minor units."""

    refunds: int = 0
    minor: int = 0


def fold_revised(events: Iterable[Event[Any]]) -> dict[SaleKey, Revised]:
    """Each revised sale as it stands after these events; the topic has revisions of a sale in their order."""
    found: dict[SaleKey, Revised] = {}
    for event in events:
        match event.data:
            case SaleAmended() as sale:
                found[sale.party_id, sale.origin, sale.sale_id] = Revised(sale.total.currency, sale.sold_at)
            case SaleCancelled() as sale:
                found[sale.party_id, sale.origin, sale.sale_id] = Revised(None, sale.sold_at)
    return found


def fold_refunds(events: Iterable[Event[Any]]) -> dict[tuple[SaleKey, str], PaidBack]:
    """By sale and currency, what these events pay back."""
    found: defaultdict[tuple[SaleKey, str], PaidBack] = defaultdict(PaidBack)
    for event in events:
        if isinstance(event.data, SaleRefunded):
            sale, money = event.data, event.data.total
            key = (sale.party_id, sale.origin, sale.sale_id), money.currency
            found[key] = PaidBack(found[key].refunds + 1, found[key].minor + money.minor)
    return dict(found)


def difference(
    before: Mapping[tuple[UUID, str], PaidBack], after: Mapping[tuple[UUID, str], PaidBack]
) -> dict[tuple[UUID, str], PaidBack]:
    """By party and currency, what counts for nothing from now on; negative where it counts again."""
    nothing = PaidBack()
    found = {
        key: PaidBack(
            after.get(key, nothing).refunds - before.get(key, nothing).refunds,
            after.get(key, nothing).minor - before.get(key, nothing).minor,
        )
        for key in before.keys() | after.keys()
    }
    return {key: each for key, each in found.items() if each != nothing}
