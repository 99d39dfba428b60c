"""The table of indicators, a typed function per statement."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path

from services.forecasting.cuts.domain import WEEK
from services.forecasting.indicators.domain import Observation, Weekly
from services.forecasting.indicators.schemas import IndicatorPoint, IndicatorView
from shared.engine.transaction import Transaction
from shared.sql import columns, load_queries

SQL = load_queries(Path(__file__).with_name("queries.sql"))


async def save_observations(tx: Transaction, said: Sequence[Observation]) -> None:
    """At most one of each series and moment, sorted by them."""
    if said:
        rows = [(one.series, one.at, one.value, one.unit) for one in said]
        await tx.execute(SQL["save_observations"], *columns(rows))


async def load_weekly(tx: Transaction, begin: date, end: date, most: int) -> list[Weekly]:
    """The weeks within [begin, end) of the `most` series of which most weeks are known; by how many, then by name."""
    rows = await tx.fetch(SQL["load_weekly"], begin, end, most)
    return [_weekly(row["series"], dict(zip(row["weeks"], row["values"], strict=True))) for row in rows]


async def list_indicators(tx: Transaction, after: str, limit: int) -> list[IndicatorView]:
    """The newest value of each series, by series after the position."""
    rows = await tx.fetch(SQL["list_indicators"], after, limit)
    return [IndicatorView.model_validate(dict(row)) for row in rows]


async def is_known(tx: Transaction, series: str) -> bool:
    return bool(await tx.fetch(SQL["is_known"], series))


async def list_points(
    tx: Transaction, series: str, days: tuple[date, date], after: datetime | None, limit: int
) -> list[IndicatorPoint]:
    """Those of the UTC days from the first up to, and without, the second, after the position; oldest first."""
    rows = await tx.fetch(SQL["list_points"], series, *days, after, limit)
    return [IndicatorPoint.model_validate(dict(row)) for row in rows]


def _weekly(series: str, values: Mapping[date, float]) -> Weekly:
    first, last = min(values), max(values)
    weeks = range((last - first) // WEEK + 1)
    return Weekly(series, first, tuple(values.get(first + WEEK * ahead) for ahead in weeks))
