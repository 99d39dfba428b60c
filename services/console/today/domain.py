"""The day at a glance: which weeks of sales are shown, beside what was forecast for them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

WEEKS = 17
"""A quarter that has passed, and a month ahead."""
_WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Week:
    """Sales of a week, in minor units; `expected` is the sum of all departments' forecasts in force."""

    begins: str
    sold: int | None
    expected: float | None


@dataclass(frozen=True, slots=True)
class Sales:
    """The last weeks in the currency that most was sold in."""

    currency: str
    weeks: list[Week]

    @property
    def newest(self) -> Week | None:
        return next((week for week in reversed(self.weeks) if week.sold is not None), None)


def sales_of(sold: Iterable[Mapping[str, Any]], forecasts: Iterable[Mapping[str, Any]]) -> Sales | None:
    """None where nothing was sold."""
    by_currency: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for week in sold:
        by_currency[week["currency"]][week["key"]] = week["revenue"]
    if not by_currency:
        return None
    currency = max(by_currency, key=lambda name: sum(by_currency[name].values()))
    came = by_currency[currency]
    expected: defaultdict[str, float] = defaultdict(float)
    for forecast in forecasts:
        if forecast["series"].endswith(f":{currency}"):
            for point in forecast["points"]:
                expected[point["at"][:10]] += point["mean"]
    last = max(*came, *expected) if expected else max(came)
    first = max(min(came), (date.fromisoformat(last) - (WEEKS - 1) * _WEEK).isoformat())
    newest = max(came)
    weeks = _weeks(first, last)
    return Sales(
        currency,
        [Week(key, came.get(key, 0) if key <= newest else None, expected.get(key)) for key in weeks],
    )


def _weeks(first: str, last: str) -> list[str]:
    begin, end = date.fromisoformat(first), date.fromisoformat(last)
    return [(begin + number * _WEEK).isoformat() for number in range((end - begin).days // 7 + 1)]
