"""The models: their version, the cut that they were trained to, and how well they did on what they had not seen."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Query

from services.forecasting.cuts.schemas import Chosen
from services.forecasting.models import store
from services.forecasting.models.schemas import ModelView
from shared.http.app import Listing, Page, requires, service_of
from shared.http.readiness import Serving

router = APIRouter(prefix="/v1/models", tags=["models"], dependencies=[Depends(requires("crm:read"))])
Service = Annotated[Serving, Depends(service_of)]


@router.get("")
async def list_models(
    service: Service,
    page: Page,
    name: Annotated[Chosen, Query(description="`weekly`, `bgnbd`, `churn` or `forest`.")] = None,
) -> Listing[ModelView]:
    """Newest first; the first of each name is in force."""
    after = page.after(date, str) or (date(9999, 1, 1), "")
    async with service.read() as tx:
        models = await store.list_models(tx, name, (after[0], after[1]), page.limit + 1)
    return page.listing(models, lambda model: model, lambda model: (model.cut, model.name))
