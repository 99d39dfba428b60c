"""The weekly series that are forecast, and what was sold in each week."""

from datetime import date
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Query

from services.forecasting.cuts import commands as cuts
from services.forecasting.cuts.domain import WEEK, week_of
from services.forecasting.cuts.schemas import Named
from services.forecasting.series import commands, store
from services.forecasting.series.schemas import SeriesView, WeekView
from shared.errors import NotFound
from shared.http.app import Listing, Page, requires, service_of
from shared.http.limits import Looks

router = APIRouter(prefix="/v1/series", tags=["forecasts"], dependencies=[Depends(requires("crm:read"))])
Service = Annotated[cuts.Source, Depends(service_of)]


@router.get("")
async def list_series(service: Service, page: Page) -> Listing[SeriesView]:
    """By id."""
    (after,) = page.after(str) or ("",)
    async with service.read() as tx:
        found = await store.list_series(tx, after, page.limit + 1)
    return page.listing(found, lambda one: one, lambda one: (one.id,))


@router.get("/values")
async def read_values(
    service: Service, series: Annotated[Named, Query(description="Its id.")], page: Page, looks: Looks
) -> Listing[WeekView]:
    """What was sold in each whole week of a series, oldest first; late events still correct it."""
    after, limit = page.after(date), page.limit + 1
    look = partial(_values, service, series, after[0] if after else None, limit)
    values = await looks.keep("series/values", (series, after, limit), look)
    return page.listing(values, lambda one: one, lambda one: (one.week,))


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
