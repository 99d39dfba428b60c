"""What products should cost, what gains most first."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from services.forecasting.cuts.schemas import Chosen
from services.forecasting.prices import store
from services.forecasting.prices.schemas import PriceView
from shared.http.app import Listing, Page, requires, service_of
from shared.http.readiness import Serving

router = APIRouter(prefix="/v1/prices", tags=["prices"], dependencies=[Depends(requires("crm:read"))])
Service = Annotated[Serving, Depends(service_of)]
_MOST = 1e300


@router.get("")
async def list_prices(
    service: Service,
    page: Page,
    sku: Annotated[Chosen, Query(description="Only of this product.")] = None,
    advised: Annotated[bool | None, Query(description="Only those with advice, or only those without.")] = None,
) -> Listing[PriceView]:
    """What gains most first: a price with its interval and all that it was made of, or why there is no advice."""
    after = page.after(float, str) or (_MOST, "")
    async with service.read() as tx:
        found = await store.list_prices(tx, (after[0], after[1]), page.limit + 1, sku, advised=advised)
    return page.listing(found, lambda one: one, lambda one: (one.gain or 0.0, one.sku))
