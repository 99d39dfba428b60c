"""What is about to go wrong, worst first."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query

from services.forecasting.warnings import store
from services.forecasting.warnings.domain.warning import Kind, State
from services.forecasting.warnings.schemas import WarningView
from shared.events.values import BlankIsNone
from shared.http.app import Listing, Page, requires, service_of
from shared.http.readiness import Serving

router = APIRouter(prefix="/v1/warnings", tags=["warnings"], dependencies=[Depends(requires("crm:read"))])
Service = Annotated[Serving, Depends(service_of)]
_WORST = 2.0


@router.get("")
async def list_warnings(
    service: Service,
    page: Page,
    kind: Annotated[Annotated[Kind | None, BlankIsNone], Query(description="Only of this kind.")] = None,
    state: Annotated[
        Annotated[State | None, BlankIsNone], Query(description="Open ones where nothing is said.")
    ] = None,
) -> Listing[WarningView]:
    """Worst first: each with its evidence, the model that made it, and what became of it."""
    after = page.after(float, UUID) or (_WORST, UUID(int=0))
    async with service.read() as tx:
        found = await store.list_warnings(tx, state or "open", kind, (after[0], after[1]), page.limit + 1)
    return page.listing(found, lambda one: one, lambda one: (one.severity, one.warning_id))
