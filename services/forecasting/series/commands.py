"""What was sold by department and week, and the series that are made of it."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from services.forecasting.series import store
from services.forecasting.series.domain import NO_DEPARTMENT, DepartmentWeek
from shared.engine.transaction import Transaction

Weeks = Mapping[str, Mapping[date, int]]
"""Weekly revenue by series id; weeks without sales are left out."""


async def find_first_day(tx: Transaction) -> date | None:
    """The day of the earliest sale."""
    return await store.find_first_day(tx)


async def count_sales(tx: Transaction, cut: date) -> int:
    """Sales that happened before the cut, as far as they are known."""
    return await store.count_sales(tx, cut)


async def load_department_weeks(tx: Transaction, begin: date, cut: date) -> dict[DepartmentWeek, dict[date, int]]:
    """Revenue by week within [begin, cut) of each department and currency; weeks without sales are left out."""
    return await store.load_department_weeks(tx, begin, cut, NO_DEPARTMENT)


async def load_weeks(tx: Transaction, ids: Sequence[str], begin: date, end: date) -> Weeks:
    """What came within [begin, end) in each series that is known."""
    known = await store.find_series(tx, ids)
    sold = await store.load_department_weeks(tx, begin, end, NO_DEPARTMENT)
    return {one.id: sold.get(DepartmentWeek(one.department, one.currency), {}) for one in known}


async def save_series(tx: Transaction, series: Iterable[tuple[DepartmentWeek, date]]) -> None:
    """Keep each with its first whole week."""
    await store.save_series(tx, series)
