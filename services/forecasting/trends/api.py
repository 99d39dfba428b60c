"""What changes in what is sold, the newest first."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query

from services.forecasting.cuts.schemas import Chosen
from services.forecasting.trends import store
from services.forecasting.trends.domain import Kind, State
from services.forecasting.trends.schemas import TrendView
from shared.events.values import BlankIsNone
from shared.http.app import Listing, Page, requires, service_of
from shared.http.readiness import Serving

router = APIRouter(prefix="/v1/trends", tags=["trends"], dependencies=[Depends(requires("crm:read"))])
Service = Annotated[Serving, Depends(service_of)]
_LAST = date(9999, 1, 1)


@router.get("")
async def list_trends(
    service: Service,
    page: Page,
    kind: Annotated[Annotated[Kind | None, BlankIsNone], Query(description="Only of this kind.")] = None,
    state: Annotated[
        Annotated[State | None, BlankIsNone], Query(description="Open ones where nothing is said.")
    ] = None,
    series: Annotated[Chosen, Query(description="Only of this series.")] = None,
) -> Listing[TrendView]:
    """The newest first: what changed, since when and by how much, by what it was told from chance, and how it ended."""
    after = page.after(date, UUID) or (_LAST, UUID(int=0))
    async with service.read() as tx:
        found = await store.list_trends(tx, state or "open", kind, series, (after[0], after[1]), page.limit + 1)
    return page.listing(found, lambda one: one, lambda one: (one.as_of, one.trend_id))
