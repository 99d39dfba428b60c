"""The names of the weekly series: what a department sold, by event time, in one currency."""

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from itertools import accumulate, takewhile

from services.forecasting.cuts.domain import WEEK, week_of

NO_DEPARTMENT = "(none)"
_MEASURE = "sales"
_LONGEST = 300
_WIDTH = array("d").itemsize
LOOKED_BACK = 4
"""Weeks that say on which day of a week the last sale usually is; a silence of all departments that lasts as long is
believed."""


@dataclass(frozen=True, slots=True, order=True)
class DepartmentWeek:
    """The revenue of a department's lines by week of the sale, refunds not taken off (they fall into other weeks)."""

    department: str
    currency: str
    id: str = field(init=False, repr=False, compare=False)
    """`sales:department:<name>:week:<currency>`: the key on `crm.insights`, so percent-encoded to ASCII.

    Made once: a cut asks for those of thousands of series again and again, on the loop.
    """

    def __post_init__(self) -> None:
        name = f"{_MEASURE}:department:{_key(self.department)}:week:{self.currency}"
        object.__setattr__(self, "id", name)

    @property
    def unit(self) -> str:
        return f"{self.currency} minor"


@dataclass(frozen=True, slots=True)
class KnownWeeks:
    """What each week from `first` on brought, oldest first; one without sales is a zero."""

    first: date
    values: Sequence[float]


@dataclass(frozen=True, slots=True)
class PricedWeeks:
    """Of a product in one currency, oldest week first: units, what they were sold for, and units with a discount."""

    sku: str
    units: Sequence[float]
    revenue: Sequence[float]
    discounted: Sequence[float]


def product_week(sku: str) -> str:
    """`units:product:<sku>:week`: what a product sells a week, in all currencies."""
    return f"units:product:{_key(sku)}:week"


def basket_share(department: str) -> str:
    """`share:department:<name>:week`: of all lines of baskets those of a department."""
    return f"share:department:{_key(department)}:week"


def fill(places: Sequence[int], amounts: Sequence[float], count: int) -> "array[float]":
    """`count` values: each amount in its place, and zeros elsewhere."""
    values = array("d", bytes(_WIDTH * count))
    for place, amount in zip(places, amounts, strict=True):
        values[place] = amount
    return values


def whole_until(cut: date, newest: date, last_days: Iterable[date]) -> date:
    """The end of the last week before the cut whose sales have all come; `newest` is the day of the newest sale of all,
    `last_days` are those of the weeks before its own.

    The clock says only that a week should be over: a stream that ends, or is late, stops within one. A week is whole
    where sales went on after it, or reached the day that they reached in each of the weeks before.
    """
    if newest >= cut:
        return cut
    usual = min((day.weekday() for day in last_days), default=6)
    week = week_of(newest)
    return max(week + WEEK if newest.weekday() >= usual else week, cut - WEEK * LOOKED_BACK)


def _key(name: str) -> str:
    """Kafka keys and headers are ASCII and short, and a colon separates the parts."""
    if len(name) <= _LONGEST and name.isascii() and name.isprintable() and ":" not in name and "%" not in name:
        return name
    plain = [char if char.isascii() and char.isprintable() and char not in ":%" else _escape(char) for char in name]
    if sum(map(len, plain)) <= _LONGEST:
        return "".join(plain)
    shown = takewhile(lambda length: length <= _LONGEST, accumulate(map(len, plain)))
    # Two long names that begin alike are two series.
    return "".join(plain[: sum(1 for _ in shown)]) + f"%~{sha256(name.encode()).hexdigest()[:16]}"


def _escape(char: str) -> str:
    return "".join(f"%{byte:02X}" for byte in char.encode())
