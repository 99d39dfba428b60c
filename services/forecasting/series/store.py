"""What was sold, read across sales and products, and the series that are forecast; a typed function per statement."""

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from services.forecasting.series.domain import NO_DEPARTMENT, DepartmentWeek, PricedWeeks
from services.forecasting.series.schemas import SeriesView, SetAsideView
from shared.engine.transaction import Transaction
from shared.sql import columns, load_queries

SQL = load_queries(Path(__file__).with_name("queries.sql"))


async def load_department_weeks(
    tx: Transaction, begin: date, cut: date, most: int
) -> tuple[dict[DepartmentWeek, dict[date, int]], int]:
    """Revenue by week of the `most` departments and currencies that sold most, and how many there are."""
    rows = await tx.fetch(SQL["load_department_weeks"], begin, cut, NO_DEPARTMENT, most)
    return _weeks(rows), rows[0]["departments"] if rows else 0


async def load_weeks(
    tx: Transaction, series: Sequence[DepartmentWeek], begin: date, end: date
) -> dict[DepartmentWeek, dict[date, int]]:
    """Revenue by week of these series; weeks without sales are left out."""
    names = columns((one.department, one.currency) for one in series)
    return _weeks(await tx.fetch(SQL["load_weeks"], begin, end, NO_DEPARTMENT, *names)) if names else {}


async def load_product_weeks(tx: Transaction, begin: date, cut: date, least: int, most: int) -> dict[str, list[int]]:
    """Units a week by SKU, oldest first."""
    rows = await tx.fetch(SQL["load_product_weeks"], begin, cut, least, most)
    return {row["sku"]: row["units"] for row in rows}


async def load_weeks_of_products(tx: Transaction, begin: date, end: date, skus: Sequence[str]) -> dict[str, list[int]]:
    """Units a week by SKU, oldest first."""
    rows = await tx.fetch(SQL["load_weeks_of_products"], begin, end, skus)
    return {row["sku"]: row["units"] for row in rows}


async def load_sold_most(tx: Transaction, begin: date, end: date, most: int) -> list[tuple[str, str]]:
    """SKUs and currencies, those that sold most units first."""
    return [(row["sku"], row["currency"]) for row in await tx.fetch(SQL["load_sold_most"], begin, end, most)]


async def load_priced_weeks(
    tx: Transaction, begin: date, end: date, products: Sequence[tuple[str, str]]
) -> list[PricedWeeks]:
    """Of products and currencies, by SKU."""
    rows = await tx.fetch(SQL["load_priced_weeks"], begin, end, *columns(products)) if products else []
    return [PricedWeeks(row["sku"], row["units"], row["revenue"], row["discounted"]) for row in rows]


async def load_daily_units(tx: Transaction, begin: date, end: date, skus: Sequence[str]) -> dict[str, list[float]]:
    """Units a day by SKU, oldest first."""
    return {row["sku"]: row["units"] for row in await tx.fetch(SQL["load_daily_units"], begin, end, skus)}


async def load_department_lines(tx: Transaction, begin: date, end: date, most: int) -> dict[str, dict[date, int]]:
    """By department and week; weeks without any are left out."""
    found: dict[str, dict[date, int]] = {}
    for row in await tx.fetch(SQL["load_department_lines"], begin, end, NO_DEPARTMENT, most):
        found.setdefault(row["department"], {})[row["week"]] = row["lines"]
    return found


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


def _set_aside(cut: date | None, reason: str | None) -> SetAsideView | None:
    return None if cut is None or reason is None else SetAsideView(cut=cut, reason=reason)
