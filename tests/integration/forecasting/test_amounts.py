"""Amounts at the contract's bounds: sums pass 2^63 and stay exact, and nobody else's sales suffer."""

from dataclasses import replace
from typing import Any, get_args, get_type_hints

import httpx
import pytest

from shared.engine.event import Event
from shared.events.money import Money
from shared.events.sales import SaleCompleted
from shared.events.values import Line
from tests.integration.forecasting.running import Forecasting, get
from tests.unit.forecasting.facts import BO, product, refund, sale


def bound(model: type, name: str) -> int:
    """The largest number that the contract admits in a field."""
    hint = get_type_hints(model, include_extras=True)[name]
    limits = [limit for entry in get_args(hint)[1:] for limit in getattr(entry, "metadata", [entry])]
    return int(next(limit.le for limit in limits if getattr(limit, "le", None) is not None))


MINOR, UNITS, LINES = bound(Money, "minor"), bound(Line, "quantity"), 1000
PER_SALE = MINOR * UNITS * LINES


def largest(name: str, day: str, currency: str, price: int = MINOR) -> Event[SaleCompleted]:
    """As many lines as a sale may have, each at the bounds; `total` is at its own."""
    sold = sale(name, day, *[("A", UNITS, price)] * LINES, currency=currency)
    sold.data = replace(sold.data, total=Money(minor=MINOR if price > 0 else -MINOR, currency=currency))
    return sold


def test_the_bounds_do_pass_what_eight_bytes_hold() -> None:
    assert PER_SALE > 2**63


@pytest.mark.parametrize("currency", ["HUF", "VND", "JPY"])
@pytest.mark.parametrize("by", ["product", "category", "channel", "day", "week"])
async def test_reports_add_up_exactly_beyond_eight_bytes(
    http: httpx.AsyncClient, forecasting: Forecasting, currency: str, by: str
) -> None:
    await forecasting.heard(product("A", "TOYS"), largest("s-1", "2026-02-02", currency))
    await forecasting.heard(
        largest("s-2", "2026-02-02", currency),
        sale("s-3", "2026-02-02", ("A", 1, 1), party=BO, currency=currency),
        sale("s-4", "2026-02-02", ("A", 1, 500), party=BO),
        refund("r-1", "2026-02-02", MINOR, ("A", UNITS), of="s-1", currency=currency),
        refund("r-2", "2026-02-02", MINOR, of="s-2", currency=currency),
    )

    items = (await get(http, "/v1/series/sales", by=by))["items"]

    (wide,) = [item for item in items if item["currency"] == currency]
    (other,) = [item for item in items if item["currency"] == "DKK"]
    assert (wide["revenue"], wide["refunded"]) == (2 * PER_SALE + 1, 2 * MINOR)
    assert (wide["units"], wide["returned"]) == (2 * UNITS * LINES + 1, UNITS + UNITS * LINES)
    assert wide["total"] == (2 * MINOR + 1 if by in {"channel", "day", "week"} else None)
    assert other["revenue"] == 500


async def test_amounts_at_the_lower_bound_are_added_too(http: httpx.AsyncClient, forecasting: Forecasting) -> None:
    await forecasting.heard(largest("s-1", "2026-02-02", "JPY", -MINOR), largest("s-2", "2026-02-02", "JPY", -MINOR))
    await forecasting.heard(refund("r-1", "2026-02-03", MINOR, of="s-1", currency="JPY"))

    items: list[dict[str, Any]] = (await get(http, "/v1/series/sales", by="day"))["items"]

    assert [(item["revenue"], item["total"], item["refunded"]) for item in items] == [
        (-2 * PER_SALE, -2 * MINOR, 0),
        (0, None, MINOR),
    ]
