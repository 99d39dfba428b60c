"""Series of the market and the economy, as outside systems told them."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query

from services.forecasting.cuts.schemas import Days, Named
from services.forecasting.indicators import store
from services.forecasting.indicators.schemas import IndicatorPoint, IndicatorView
from shared.errors import NotFound
from shared.http.app import Listing, Page, requires, service_of
from shared.http.readiness import Serving

router = APIRouter(prefix="/v1/indicators", tags=["indicators"], dependencies=[Depends(requires("crm:read"))])
Service = Annotated[Serving, Depends(service_of)]


@router.get("")
async def list_indicators(service: Service, page: Page) -> Listing[IndicatorView]:
    """Every series with its newest value; by series."""
    (after,) = page.after(str) or ("",)
    async with service.read() as tx:
        found = await store.list_indicators(tx, after, page.limit + 1)
    return page.listing(found, lambda one: one, lambda one: (one.series,))


@router.get("/points")
async def list_points(
    service: Service, page: Page, days: Days, series: Annotated[Named, Query(description="Its name.")]
) -> Listing[IndicatorPoint]:
    """What a series was at each moment, as it was said last; oldest first."""
    (after,) = page.after(datetime) or (None,)
    async with service.read() as tx:
        found = await store.list_points(tx, series, days.within(tx.now), after, page.limit + 1)
        if not found and not await store.is_known(tx, series):
            raise NotFound("no indicator has this name")
    return page.listing(found, lambda one: one, lambda one: (one.at,))
