"""Forecasts with what came."""

from collections.abc import Mapping
from datetime import date
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Query

from services.forecasting.cuts import commands as cuts
from services.forecasting.cuts.domain import week_of
from services.forecasting.cuts.schemas import Chosen
from services.forecasting.forecasts import store
from services.forecasting.forecasts.schemas import ForecastView
from services.forecasting.series import commands as series_of_sales
from shared.http.app import Listing, Page, requires, service_of
from shared.http.limits import Looks

router = APIRouter(prefix="/v1/forecasts", tags=["forecasts"], dependencies=[Depends(requires("crm:read"))])
Service = Annotated[cuts.Source, Depends(service_of)]
_LAST = date(9999, 1, 1)


@router.get("")
async def list_forecasts(
    service: Service,
    page: Page,
    looks: Looks,
    series: Annotated[Chosen, Query(description="Only of this series.")] = None,
    *,
    every: Annotated[bool, Query(alias="all", description="Earlier ones too, each as it was published.")] = False,
) -> Listing[ForecastView]:
    """The forecast in force of each series; by series, newest first."""
    position = page.after(str, date) or ("", _LAST)
    after, limit = (position[0], position[1]), page.limit + 1
    look = partial(_load, service, series, limit, every=every, after=after)
    found = await looks.keep("forecasts", (series, every, after, limit), look)
    return page.listing(found, lambda one: one, lambda one: (one.series, one.cut))


async def _load(
    service: cuts.Source, series: str | None, limit: int, *, every: bool, after: tuple[str, date]
) -> list[ForecastView]:
    watermark = await cuts.find_watermark(service)
    async with service.read() as tx:
        found = await store.list_forecasts(tx, series, limit, every=every, after=after)
        if found and watermark is not None:
            ids = sorted({one.series for one in found})
            begin, end = (
                min(one.cut for one in found),
                await series_of_sales.find_whole_end(tx, week_of(watermark.date())),
            )
            weeks = await series_of_sales.load_weeks(tx, ids, begin, end)
            for one in found:
                _add_actuals(one, weeks.get(one.series, {}), end)
    return found


def _add_actuals(forecast: ForecastView, weeks: Mapping[date, int], end: date) -> None:
    for point in forecast.points:
        if (week := point.at.date()) < end:
            point.actual = weeks.get(week, 0)
