"""What was sold and paid back, by day of the event, and the weekly series that are forecast."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query

from services.forecasting.cuts import commands as cuts
from services.forecasting.cuts.domain import WEEK, week_of
from services.forecasting.cuts.schemas import Chosen, Days, Named
from services.forecasting.series import commands, store
from services.forecasting.series.schemas import SeriesView, TotalView, WeekView
from shared.errors import NotFound
from shared.events.money import Currency
from shared.events.values import BlankIsNone, Channel
from shared.http.app import Listing, Page, requires, service_of
from shared.http.limits import Looks

router = APIRouter(prefix="/v1/series", dependencies=[Depends(requires("crm:read"))])
Service = Annotated[cuts.Source, Depends(service_of)]
By = Literal["product", "category", "channel", "day", "week"]


@router.get("", tags=["forecasts"])
async def list_series(service: Service, page: Page) -> Listing[SeriesView]:
    """By id."""
    (after,) = page.after(str) or ("",)
    async with service.read() as tx:
        found = await store.list_series(tx, after, page.limit + 1)
    return page.listing(found, lambda one: one, lambda one: (one.id,))


@router.get("/values", tags=["forecasts"])
async def read_values(
    service: Service, series: Annotated[Named, Query(description="Its id.")], page: Page, looks: Looks
) -> Listing[WeekView]:
    """What was sold in each whole week of a series, oldest first; late events still correct it."""
    after, limit = page.after(date), page.limit + 1
    look = partial(_values, service, series, after[0] if after else None, limit)
    values = await looks.keep("series/values", (series, after, limit), look)
    return page.listing(values, lambda one: one, lambda one: (one.week,))


@router.get("/sales", tags=["sales"])
async def sum_sales(
    service: Service,
    page: Page,
    days: Days,
    looks: Looks,
    by: By = "day",
    sku: Chosen = None,
    category: Annotated[Chosen, Query(description="The department: the first of a product's path.")] = None,
    channel: Annotated[Channel | None, BlankIsNone] = None,
    currency: Annotated[Currency | None, BlankIsNone] = None,
) -> Listing[TotalView]:
    """Totals per currency; by key. Weeks are whole ones where no first day is given."""
    after, limit = page.after(str, str) or ("", ""), page.limit + 1
    filters = partial(store.SalesFilter, by, sku=sku, category=category, channel=channel, currency=currency)
    asked = by, days, sku, category, channel, currency, after, limit
    look = partial(_sums, service, filters, days, (after[0], after[1]), limit)
    totals, baskets = await looks.keep("series/sales", asked, look)
    return page.listing(totals, lambda one: _with_baskets(one, baskets), lambda one: (one.key, one.currency))


async def _values(service: cuts.Source, series: str, after: date | None, limit: int) -> list[WeekView]:
    """Up to `limit` weeks after one. Raises NotFound."""
    watermark = await cuts.find_watermark(service)
    async with service.read() as tx:
        found = await store.find_series(tx, [series])
        if not found or watermark is None:
            raise NotFound("no series has this id")
        last = after or found[0].first_week - WEEK
        over = await commands.find_whole_end(tx, week_of(watermark.date()))
        count = min((over - week_of(last)) // WEEK - 1, limit)
        asked = [week_of(last) + WEEK * ahead for ahead in range(1, count + 1)]
        sold = (await commands.load_weeks(tx, [series], asked[0], asked[-1] + WEEK))[series] if asked else {}
    return [WeekView(week=week, value=sold.get(week, 0)) for week in asked]


async def _sums(
    service: cuts.Source,
    filters: Callable[[date, date], store.SalesFilter],
    days: Days,
    after: tuple[str, str],
    limit: int,
) -> tuple[list[TotalView], Mapping[tuple[str, str], store.Baskets]]:
    """Totals, and whole sales where these are known."""
    async with service.transaction() as tx:
        newest = await store.find_last_day(tx) if days.last else None
        begin, until = days.until_newest(newest).within(tx.now)
        chosen = filters(begin, until)
        if chosen.by == "week" and days.begin is None:
            chosen = replace(chosen, begin=week_of(begin + timedelta(days=6)))
        whole = chosen.by not in {"product", "category"} and chosen.sku is None and chosen.category is None
        totals = await store.sum_sales(tx, chosen, after, limit)
        return totals, await store.sum_baskets(tx, chosen) if whole else {}


def _with_baskets(total: TotalView, baskets: Mapping[tuple[str, str], store.Baskets]) -> TotalView:
    known = baskets.get((total.key, total.currency))
    return total if known is None else total.model_copy(update={"sales": known.sales, "total": known.total})
