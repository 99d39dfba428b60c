"""Warnings of what is sold: forecasts that were missed, and products whose demand breaks its band."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from services.forecasting.cuts.domain import WEEK, day_of
from services.forecasting.series.domain import product_week
from services.forecasting.warnings.domain.warning import DEMAND_UNUSUAL, FORECAST_MISSED, Warned
from shared.events.insights import Contribution, ForecastPoint
from shared.ids import derived_id

WEEKS = 13
"""The last one is compared with those before."""
FEWEST_UNITS = 50
"""Sold less in all these weeks, a product tells too little."""
_FEWEST_WEEKS = 2


@dataclass(frozen=True, slots=True)
class Said:
    """The weeks ahead as a forecast that was in force said them."""

    series: str
    cut: date
    model: str
    points: Sequence[ForecastPoint]


@dataclass(frozen=True, slots=True)
class Unusual:
    """A product whose last week lies outside what its weeks before had led to expect.

    `news`: too many of all products would not lie there by chance, and by much. The others only have not come back.
    """

    sku: str
    units: int
    expected: float
    low: float
    high: float
    chance: float
    news: bool


def watch_forecast(said: Said, came: Mapping[date, int], cut: date, end: date) -> Warned | None:
    """A warning where the newest week lies outside the 95 % interval, and all weeks together, on the same side, outside
    the sum of the 80 % ones. Weeks count up to `end`: of later ones not all sales have come.
    """
    weeks = [(point, came.get(day_of(point.at), 0)) for point in said.points if day_of(point.at) + WEEK <= end]
    if len(weeks) < _FEWEST_WEEKS:
        return None
    newest, actual = weeks[-1]
    total = sum(value for _, value in weeks)
    above = actual > newest.hi95 and total > sum(point.hi80 for point, _ in weeks)
    below = actual < newest.lo95 and total < sum(point.lo80 for point, _ in weeks)
    if not above and not below:
        return None
    bound = newest.hi95 if above else newest.lo95
    beyond, width = abs(actual - newest.mean), abs(bound - newest.mean)
    evidence = (
        Contribution(input="came", value=float(actual)),
        Contribution(input="forecast", value=newest.mean),
        Contribution(input="lo95", value=newest.lo95),
        Contribution(input="hi95", value=newest.hi95),
        Contribution(input="weeks", value=float(len(weeks))),
        Contribution(input="came_in_all_weeks", value=float(total)),
        Contribution(input="forecast_of_all_weeks", value=sum(point.mean for point, _ in weeks)),
    )
    return Warned(
        derived_id("warning", FORECAST_MISSED, said.series, cut),
        FORECAST_MISSED,
        said.series,
        1 - width / beyond / 2 if beyond else 0.5,
        cut,
        evidence,
        f"{said.model}@{said.cut.isoformat()}",
    )


def watch_demand(one: Unusual, cut: date) -> Warned:
    evidence = (
        Contribution(input="units", value=float(one.units)),
        Contribution(input="expected", value=round(one.expected, 3)),
        Contribution(input="low", value=one.low),
        Contribution(input="high", value=one.high),
        Contribution(input="probability_by_chance", value=one.chance),
    )
    apart = abs(one.units - one.expected) / max(one.units, one.expected)
    series = product_week(one.sku)
    warning_id = derived_id("warning", DEMAND_UNUSUAL, series, cut)
    return Warned(warning_id, DEMAND_UNUSUAL, series, apart, cut, evidence, "demand/1", sku=one.sku)
