"""What was sold by department and week, and the series that are made of it."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from services.forecasting.cuts.domain import WEEK, week_of
from services.forecasting.series import store
from services.forecasting.series.domain import LOOKED_BACK, DepartmentWeek, KnownWeeks, PricedWeeks, whole_until
from shared.engine.transaction import Transaction

Weeks = Mapping[str, Mapping[date, int]]
"""Weekly revenue by series id; weeks without sales are left out."""


async def find_first_day(tx: Transaction) -> date | None:
    """The day of the earliest sale."""
    return await store.find_first_day(tx)


async def find_last_day(tx: Transaction) -> date | None:
    """The day of the newest sale."""
    return await store.find_last_day(tx)


async def find_first_whole_week(tx: Transaction) -> date | None:
    """The first week that began once there were sales."""
    opening = await store.find_first_day(tx)
    return None if opening is None else week_of(opening + timedelta(days=6))


async def find_whole_end(tx: Transaction, cut: date) -> date:
    """The end of the last week before the cut whose sales have all come."""
    newest = await store.find_last_day(tx)
    if newest is None or newest >= cut:
        return cut
    before = [week_of(newest) - WEEK * back for back in range(1, LOOKED_BACK + 1)]
    return whole_until(cut, newest, await store.find_last_days(tx, before))


async def count_sales(tx: Transaction, cut: date) -> int:
    """Sales that happened before the cut, as far as they are known."""
    return await store.count_sales(tx, cut)


async def load_department_weeks(
    tx: Transaction, begin: date, cut: date, most: int
) -> tuple[dict[DepartmentWeek, KnownWeeks], int]:
    """Revenue by week within [begin, cut), which are whole weeks, of the `most` departments and currencies that sold
    most, those first that did so. Beside them how many departments and currencies there are.
    """
    return await store.load_department_weeks(tx, begin, cut, most)


async def load_department_lines(tx: Transaction, begin: date, end: date, most: int) -> dict[str, KnownWeeks]:
    """Lines of baskets by week within [begin, end), which are whole weeks, of the `most` departments that have most."""
    return await store.load_department_lines(tx, begin, end, most)


async def load_weeks(tx: Transaction, ids: Sequence[str], begin: date, end: date) -> Weeks:
    """What came within [begin, end) in each series that is known."""
    known = {one.id: DepartmentWeek(one.department, one.currency) for one in await store.find_series(tx, ids)}
    sold = await store.load_weeks(tx, list(known.values()), begin, end)
    return {name: sold.get(series, {}) for name, series in known.items()}


async def load_product_weeks(
    tx: Transaction, begin: date, cut: date, least: int, most: int
) -> dict[str, Sequence[float]]:
    """Units a week within [begin, cut), which are whole weeks, of the `most` products that sold most,
    `least` units or more; oldest first.
    """
    return await store.load_product_weeks(tx, begin, cut, least, most)


async def load_weeks_of_products(
    tx: Transaction, begin: date, end: date, skus: Sequence[str]
) -> dict[str, Sequence[float]]:
    """Units a week within [begin, end), which are whole weeks, of those of the products that sold any; oldest first."""
    return await store.load_weeks_of_products(tx, begin, end, skus)


async def load_sold_most(tx: Transaction, begin: date, end: date, most: int) -> list[tuple[str, str]]:
    """The `most` products that sold most units within [begin, end), each with the currency in which it did."""
    return await store.load_sold_most(tx, begin, end, most)


async def load_priced_weeks(
    tx: Transaction, begin: date, end: date, products: Sequence[tuple[str, str]]
) -> list[PricedWeeks]:
    """What these products sold a week and for how much within [begin, end), in these currencies; by SKU."""
    return await store.load_priced_weeks(tx, begin, end, products)


async def load_daily_units(tx: Transaction, begin: date, end: date, skus: Sequence[str]) -> dict[str, Sequence[float]]:
    """Units a day of these products within [begin, end), oldest first."""
    return await store.load_daily_units(tx, begin, end, skus)


async def save_series(tx: Transaction, series: Mapping[DepartmentWeek, date]) -> None:
    """Keep each with its first whole week."""
    await store.save_series(tx, series)
