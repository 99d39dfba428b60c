"""What is to be ordered and when, what may run out soonest first."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from services.forecasting.cuts.schemas import Chosen
from services.forecasting.reorders import store
from services.forecasting.reorders.schemas import ReorderView
from shared.http.app import Listing, Page, requires, service_of
from shared.http.readiness import Serving

router = APIRouter(prefix="/v1/reorders", tags=["reorders"], dependencies=[Depends(requires("crm:read"))])
Service = Annotated[Serving, Depends(service_of)]
_MOST = 2.0


@router.get("")
async def list_reorders(
    service: Service,
    page: Page,
    sku: Annotated[Chosen, Query(description="Only of this product.")] = None,
    due: Annotated[bool | None, Query(description="Only what is to be ordered now, or only what is not.")] = None,
) -> Listing[ReorderView]:
    """What may run out soonest first: when and how much to order, what that was made of, or why it cannot be said."""
    after = page.after(float, str) or (_MOST, "")
    async with service.read() as tx:
        found = await store.list_reorders(tx, (after[0], after[1]), page.limit + 1, sku, due=due)
    return page.listing(found, lambda one: one, lambda one: (one.stock_out_risk or 0.0, one.sku))
