"""The table of indicators, a typed function per statement."""

from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path

from services.forecasting.indicators.domain import Observation
from services.forecasting.indicators.schemas import IndicatorPoint, IndicatorView
from shared.engine.transaction import Transaction
from shared.sql import columns, load_queries

SQL = load_queries(Path(__file__).with_name("queries.sql"))


async def save_observations(tx: Transaction, said: Sequence[Observation]) -> None:
    """At most one of each series and moment, sorted by them."""
    if said:
        rows = [(one.series, one.at, one.value, one.unit) for one in said]
        await tx.execute(SQL["save_observations"], *columns(rows))


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
