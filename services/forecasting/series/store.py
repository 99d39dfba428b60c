"""What was sold, read across sales and products, and the series that are forecast; a typed function per statement."""

from array import array
from asyncio import to_thread
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from services.forecasting.cuts.domain import WEEK
from services.forecasting.packed import read_numbers
from services.forecasting.series.domain import NO_DEPARTMENT, DepartmentWeek, KnownWeeks, PricedWeeks, fill
from services.forecasting.series.schemas import SeriesView, SetAsideView
from shared.engine.transaction import Transaction
from shared.sql import columns, load_queries

SQL = load_queries(Path(__file__).with_name("queries.sql"))
_PRICED = ("units", "revenue", "discounted")


async def load_department_weeks(
    tx: Transaction, begin: date, cut: date, most: int
) -> tuple[dict[DepartmentWeek, KnownWeeks], int]:
    """Revenue by week of the `most` departments and currencies that sold most, and how many there are."""
    rows = await tx.fetch(SQL["load_department_weeks"], begin, cut, NO_DEPARTMENT, most)
    known = await to_thread(_since_the_first, rows, begin, cut)
    names = (DepartmentWeek(row["department"], row["currency"]) for row in rows)
    return dict(zip(names, known, strict=True)), rows[0]["departments"] if rows else 0


async def load_weeks(
    tx: Transaction, series: Sequence[DepartmentWeek], begin: date, end: date
) -> dict[DepartmentWeek, dict[date, int]]:
    """Revenue by week of these series; weeks without sales are left out."""
    names = columns((one.department, one.currency) for one in series)
    return _weeks(await tx.fetch(SQL["load_weeks"], begin, end, NO_DEPARTMENT, *names)) if names else {}


async def load_product_weeks(
    tx: Transaction, begin: date, cut: date, least: int, most: int
) -> dict[str, Sequence[float]]:
    """Units a week by SKU, oldest first."""
    return await to_thread(_products, await tx.fetch(SQL["load_product_weeks"], begin, cut, least, most), begin, cut)


async def load_weeks_of_products(
    tx: Transaction, begin: date, end: date, skus: Sequence[str]
) -> dict[str, Sequence[float]]:
    """Units a week by SKU, oldest first, of those that sold any."""
    return await to_thread(_products, await tx.fetch(SQL["load_weeks_of_products"], begin, end, skus), begin, end)


async def load_sold_most(tx: Transaction, begin: date, end: date, most: int) -> list[tuple[str, str]]:
    """SKUs and currencies, those that sold most units first."""
    return [(row["sku"], row["currency"]) for row in await tx.fetch(SQL["load_sold_most"], begin, end, most)]


async def load_priced_weeks(
    tx: Transaction, begin: date, end: date, products: Sequence[tuple[str, str]]
) -> list[PricedWeeks]:
    """Of products and currencies, by SKU."""
    rows = await tx.fetch(SQL["load_priced_weeks"], begin, end, *columns(products)) if products else []
    return [PricedWeeks(row["sku"], *(array("d", row[name]) for name in _PRICED)) for row in rows]


async def load_daily_units(tx: Transaction, begin: date, end: date, skus: Sequence[str]) -> dict[str, Sequence[float]]:
    """Units a day by SKU, oldest first."""
    return {row["sku"]: array("d", row["units"]) for row in await tx.fetch(SQL["load_daily_units"], begin, end, skus)}


async def load_department_lines(tx: Transaction, begin: date, end: date, most: int) -> dict[str, KnownWeeks]:
    rows = await tx.fetch(SQL["load_department_lines"], begin, end, NO_DEPARTMENT, most)
    known = await to_thread(_since_the_first, rows, begin, end)
    return dict(zip((row["department"] for row in rows), known, strict=True))


async def find_first_day(tx: Transaction) -> date | None:
    found: date | None = await tx.fetchval(SQL["find_first_day"])
    return found


async def find_last_day(tx: Transaction) -> date | None:
    found: date | None = await tx.fetchval(SQL["find_last_day"])
    return found


async def find_last_days(tx: Transaction, weeks: Sequence[date]) -> list[date]:
    """The last day with a sale of each of the weeks that has any."""
    return [row["day"] for row in await tx.fetch(SQL["find_last_days"], weeks)]


async def count_sales(tx: Transaction, cut: date) -> int:
    return int(await tx.fetchval(SQL["count_sales"], cut))


async def save_series(tx: Transaction, series: Mapping[DepartmentWeek, date]) -> None:
    rows = sorted((one.id, one.department, one.currency, one.unit, first) for one, first in series.items())
    if rows:
        await tx.execute(SQL["save_series"], *columns(rows))


async def list_series(tx: Transaction, after: str, limit: int) -> list[SeriesView]:
    return [
        SeriesView.model_validate({**row, "set_aside": _set_aside(row["set_aside_cut"], row["set_aside_reason"])})
        for row in await tx.fetch(SQL["list_series"], after, limit)
    ]


async def find_series(tx: Transaction, ids: Sequence[str]) -> list[SeriesView]:
    return [SeriesView.model_validate(dict(row)) for row in await tx.fetch(SQL["find_series"], ids)]


def _weeks(rows: Sequence[Mapping[str, Any]]) -> dict[DepartmentWeek, dict[date, int]]:
    weeks: dict[DepartmentWeek, dict[date, int]] = {}
    for row in rows:
        weeks.setdefault(DepartmentWeek(row["department"], row["currency"]), {})[row["week"]] = int(row["revenue"])
    return weeks


def _since_the_first(rows: Sequence[Mapping[str, Any]], begin: date, end: date) -> list[KnownWeeks]:
    """Of each row, whose weeks are counted from `begin`."""
    found = []
    for row in rows:
        values = _filled(row, begin, end)
        first = min(read_numbers(row["weeks"]))
        found.append(KnownWeeks(begin + WEEK * first, values[first:]))
    return found


def _products(rows: Sequence[Mapping[str, Any]], begin: date, end: date) -> dict[str, Sequence[float]]:
    return {row["sku"]: _filled(row, begin, end) for row in rows}


def _filled(row: Mapping[str, Any], begin: date, end: date) -> "array[float]":
    return fill(read_numbers(row["weeks"]), read_numbers(row["amounts"], "d"), (end - begin) // WEEK)


def _set_aside(cut: date | None, reason: str | None) -> SetAsideView | None:
    return None if cut is None or reason is None else SetAsideView(cut=cut, reason=reason)
