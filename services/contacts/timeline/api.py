"""The timeline of a party over HTTP."""

from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from starlette.responses import Response

from services.contacts.settings import Context
from services.contacts.timeline import store
from services.contacts.timeline.schemas import LineView
from services.contacts.timeline.store import Place
from shared.errors import NotFound
from shared.http.app import Listing, Page, requires, service_of

router = APIRouter(prefix="/v1", tags=["parties"])
Service = Annotated[Any, Depends(service_of)]
_LAST = datetime(9999, 12, 30, tzinfo=UTC)
_NEWEST = Place(_LAST, _LAST, "")


@router.get(
    "/parties/{party_id}/timeline", dependencies=[Depends(requires("crm:read"))], response_model=Listing[LineView]
)
async def read_timeline(
    service: Service,
    party_id: UUID,
    page: Page,
    types: Annotated[
        list[str] | None, Query(alias="type", max_length=50, description="Only these, e.g. `sale.completed`.")
    ] = None,
) -> Response:
    """What happened, newest first, from every service."""
    after = page.after(datetime, datetime, str)
    full = [name if name.startswith("crm.") else f"crm.{name}.v1" for name in types] if types else None
    async with service.read() as tx:
        context: Context = tx.context
        before = Place(*after) if after else _NEWEST
        lines = await store.load_lines(tx, context.months, party_id, before, full, page.limit + 1)
        if not lines and not await store.find_party(tx, party_id):
            raise NotFound("no party has this id")
    return page.written(lines, lambda line: line.body, lambda line: line.place)
