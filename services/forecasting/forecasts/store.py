"""The tables of outlooks and forecasts, a typed function per statement."""

from asyncio import to_thread
from collections.abc import Mapping, Sequence
from datetime import date
from math import isfinite
from pathlib import Path
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter
from pydantic_core import from_json, to_json

from services.forecasting.forecasts.domain.outlook import Outlook
from services.forecasting.forecasts.schemas import ForecastView
from shared.engine.transaction import Transaction
from shared.events.insights import ForecastPoint, ForecastPublished
from shared.sql import columns, load_queries

SQL = load_queries(Path(__file__).with_name("queries.sql"))
_FORECAST = TypeAdapter(ForecastPublished)
_POINTS = TypeAdapter(list[ForecastPoint])
_CANDIDATES = TypeAdapter(dict[str, tuple[float, ...]])


async def load_origins(tx: Transaction, series: Sequence[str], begin: date, cut: date) -> dict[str, set[date]]:
    """Those within [begin, cut] from which there are outlooks, by series."""
    rows = await tx.fetch(SQL["load_origins"], series, begin, cut)
    return {row["series"]: set(row["origins"]) for row in rows}


async def load_outlooks(tx: Transaction, series: Sequence[str], begin: date, cut: date) -> dict[str, list[Outlook]]:
    """Those made from origins within [begin, cut], oldest first; without what holds no finite number, which would spoil
    the intervals of all. They may be tens of thousands, so they are read beside the loop.
    """
    return await to_thread(_read_outlooks, await tx.fetch(SQL["load_outlooks"], series, begin, cut))


def _read_outlooks(rows: Sequence[Mapping[str, Any]]) -> dict[str, list[Outlook]]:
    found: dict[str, list[Outlook]] = {}
    for row in rows:
        outlook = Outlook(
            row["origin"],
            row["scale"],
            _CANDIDATES.validate_json(row["candidates"]),
            tuple(row["spread"]),
            row["step"],
            tuple(row["centre"]),
            row["model"],
        )
        if all(map(isfinite, (*outlook.spread, *outlook.centre, outlook.step))):
            found.setdefault(row["series"], []).append(outlook)
    return found


async def save_outlooks(tx: Transaction, made: Mapping[str, Sequence[Outlook]]) -> None:
    """As they were made, not yet combined; those that are there stay."""
    if made:
        await tx.execute(SQL["save_outlooks"], *await to_thread(_made_rows, made))


def _made_rows(made: Mapping[str, Sequence[Outlook]]) -> list[list[object]]:
    return columns(
        (name, o.origin, o.scale, _json(o.spread), _json(o.candidates), o.step)
        for name, outlooks in sorted(made.items())
        for o in outlooks
    )


async def say_outlooks(tx: Transaction, said: Mapping[str, Sequence[Outlook]]) -> None:
    """What they say together, of those of which it does not stand yet."""
    rows = [(name, o.origin, o.model, _json(o.centre)) for name, outlooks in sorted(said.items()) for o in outlooks]
    if rows:
        await tx.execute(SQL["say_outlooks"], *columns(rows))


async def find_newest_forecasts(tx: Transaction, series: Sequence[str], cut: date) -> dict[str, UUID]:
    """Of each series the forecast that was in force before the one of the cut."""
    rows = await tx.fetch(SQL["find_newest_forecasts"], series, cut)
    return {row["series"]: row["forecast_id"] for row in rows}


async def find_told(tx: Transaction, series: Sequence[str], cut: date) -> set[str]:
    return {row["series"] for row in await tx.fetch(SQL["find_told"], series, cut)}


async def save_forecasts(tx: Transaction, cut: date, forecasts: Sequence[ForecastPublished]) -> set[UUID]:
    """The ids of those that are new."""
    if not forecasts:
        return set()
    values = await to_thread(_forecast_rows, cut, forecasts)
    return {row["forecast_id"] for row in await tx.fetch(SQL["save_forecasts"], *values, tx.now)}


def _forecast_rows(cut: date, forecasts: Sequence[ForecastPublished]) -> list[list[object]]:
    rows = [(one, _FORECAST.dump_python(one, mode="json")) for one in forecasts]
    return columns(
        (
            one.forecast_id,
            one.series,
            cut,
            one.model,
            one.unit,
            _json(plain["points"]),
            _json(plain["backtest"]),
            one.supersedes,
            _json(plain["indicator"]),
        )
        for one, plain in rows
    )


async def measure_forecasts(tx: Transaction, series: Sequence[str], cut: date) -> dict[str, dict[str, float]]:
    """By model: the mean backtest of its series, and how many have one. Apart, because a sparse series says little."""
    rows = await tx.fetch(SQL["measure_forecasts"], series, cut)
    return {row["model"]: {name: value for name, value in row.items() if name != "model"} for row in rows}


async def load_said(
    tx: Transaction, begin: date, cut: date, after: str, limit: int
) -> list[tuple[str, date, str, list[ForecastPoint]]]:
    """Series, cut, model and weeks of the oldest forecast of each series that was made within [begin, cut); by series,
    after the position.
    """
    rows = await tx.fetch(SQL["load_said"], begin, cut, after, limit)
    return [(row["series"], row["cut"], row["model"], _POINTS.validate_json(row["points"])) for row in rows]


async def list_forecasts(
    tx: Transaction, series: str | None, limit: int, *, every: bool, after: tuple[str, date]
) -> list[ForecastView]:
    """By series, newest first, after the position (series, cut); without what came."""
    rows = await tx.fetch(SQL["list_forecasts"], series, limit, every, *after)
    return [
        ForecastView.model_validate(
            {
                **row,
                "points": from_json(row["points"]),
                "backtest": from_json(row["backtest"] or "null"),
                "indicator": from_json(row["indicator"] or "null"),
            }
        )
        for row in rows
    ]


def _json(value: object) -> str | None:
    return None if value is None else to_json(value).decode()
