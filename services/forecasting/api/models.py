"""The models: their version, the cut that they were trained to, and how well they did on what they had not seen."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from pydantic_core import from_json

from services.forecasting import store
from services.forecasting.api.views import ModelView
from shared.http.app import Listing, Page, requires, service_of

router = APIRouter(prefix="/v1/models", tags=["models"], dependencies=[Depends(requires("crm:read"))])
Service = Annotated[Any, Depends(service_of)]


@router.get("")
async def list_models(
    service: Service, page: Page, name: Annotated[str | None, Query(description="`weekly` or `bgnbd`.")] = None
) -> Listing[ModelView]:
    """Newest first; the first of each name is in force."""
    after = page.after(date, str) or (date(9999, 1, 1), "")
    async with service.read() as tx:
        rows = await store.list_models(tx, name, after, page.limit + 1)
    return page.listing(rows, _view, lambda row: (row["cut"], row["name"]))


def _view(row: Any) -> ModelView:
    return ModelView(
        name=row["name"],
        version=f"{row['name']}/{row['cut'].isoformat()}",
        cut=row["cut"],
        parameters=from_json(row["parameters"]),
        quality=from_json(row["quality"]),
        recorded_at=row["recorded_at"],
    )
