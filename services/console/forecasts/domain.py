"""Forecasts beside what came, as charts and tables show them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

BY = ("category", "product", "channel", "store", "segment", "month", "week", "day", "hour")
TIMES = ("month", "week", "day", "hour")
SPANS = (28, 91, 364, 0)
"""Days up to the newest sale; 0 is all of them."""
SHOWN_WEEKS = 40
AHEAD_WEEKS = 4


@dataclass(frozen=True, slots=True)
class Ahead:
    """A week that is forecast."""

    begins: str
    mean: float
    low80: float
    high80: float
    low95: float
    high95: float


@dataclass(frozen=True, slots=True)
class Fan:
    """What came, week by week, and what is expected after it; `gap` weeks lie between that are not over yet."""

    came: list[tuple[str, int]]
    ahead: list[Ahead]

    @property
    def ceiling(self) -> float:
        """Where the chart ends: three times the most that came or is expected, so that no band flattens the lines."""
        return 3 * max([value for _, value in self.came] + [point.mean for point in self.ahead], default=0)

    @property
    def cut_off(self) -> bool:
        """Whether a band goes on above the chart."""
        return any(point.high95 > self.ceiling for point in self.ahead)

    def up_to_ceiling(self, values: Iterable[float]) -> list[float]:
        return [min(value, self.ceiling) for value in values]

    @property
    def weeks(self) -> list[str]:
        return [week for week, _ in self.came] + [point.begins for point in self.ahead]


def fan_of(values: Iterable[Mapping[str, Any]], forecast: Mapping[str, Any] | None) -> Fan:
    """The last weeks, and those of the forecast that have not come yet."""
    came = [(value["week"], value["value"]) for value in values][-SHOWN_WEEKS:]
    known = {week for week, _ in came}
    points = forecast["points"] if forecast else ()
    return Fan(
        came,
        [
            Ahead(point["at"][:10], point["mean"], point["lo80"], point["hi80"], point["lo95"], point["hi95"])
            for point in points
            if point["at"][:10] not in known
        ],
    )


def ahead_of(forecasts: Iterable[Mapping[str, Any]]) -> dict[str, float]:
    """By series, what is expected in the next weeks that have not come yet, of the forecast in force."""
    found = {}
    for forecast in forecasts:
        means = [point["mean"] for point in forecast["points"] if point["actual"] is None]
        if means:
            found[forecast["series"]] = sum(means[:AHEAD_WEEKS])
    return found


def largest_first(totals: Mapping[str, Any], by: str, *, whole: bool) -> list[Mapping[str, Any]]:
    """What brought most comes first, of each currency for itself; times stay in their order, and so does
    what is not all of it.
    """
    rows: list[Mapping[str, Any]] = totals["items"]
    if by in TIMES or not whole or totals["next_cursor"]:
        return rows
    return sorted(rows, key=lambda row: (row["currency"], -row["revenue"]))


def most_of(rows: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """The largest revenue of each currency."""
    most: dict[str, int] = {}
    for row in rows:
        most[row["currency"]] = max(most.get(row["currency"], 0), row["revenue"])
    return most


def together(ahead: Mapping[str, float], currency: str) -> float:
    """What is expected of all departments in a currency."""
    return sum(mean for series, mean in ahead.items() if series.endswith(f":{currency}"))


@dataclass(frozen=True, slots=True)
class Past:
    """A week that was forecast and has come; `within` says whether four out of five such weeks hold it."""

    begins: str
    cut: str
    mean: float
    came: int
    within: bool


def past_of(forecasts: Iterable[Mapping[str, Any]]) -> list[Past]:
    """Each week by the last forecast before it, newest first."""
    found: dict[str, Past] = {}
    for forecast in sorted(forecasts, key=lambda each: str(each["cut"])):
        for point in forecast["points"]:
            if point["actual"] is not None:
                week = point["at"][:10]
                inside = point["lo80"] <= point["actual"] <= point["hi80"]
                found[week] = Past(week, forecast["cut"], point["mean"], point["actual"], inside)
    return [found[week] for week in sorted(found, reverse=True)]
