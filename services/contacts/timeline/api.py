"""The timeline of a party over HTTP."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic import AwareDatetime
from pydantic_core import to_json
from starlette.responses import Response

from services.contacts.parties.commands.aliases import find_family, find_family_at
from services.contacts.parties.commands.past import require_past
from services.contacts.settings import Context
from services.contacts.subscriptions import timeline as group
from services.contacts.timeline import store
from services.contacts.timeline.schemas import LineView, PublishedEvent
from services.contacts.timeline.store import Place, Sought
from shared.engine.published import as_cloud_event
from shared.errors import NotFound
from shared.http.app import Listing, Page, requires, service_of

router = APIRouter(prefix="/v1", tags=["parties"])
Service = Annotated[Any, Depends(service_of)]


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
    as_of: Annotated[AwareDatetime | None, Query(description="What was known of it then; left out: now.")] = None,
) -> Response:
    """What happened, newest first, from every service; also to parties that were merged with this one."""
    after = page.after(datetime, datetime, str)
    full = [name if name.startswith("crm.") else f"crm.{name}.v1" for name in types] if types else None
    async with service.read() as tx:
        context: Context = tx.context
        require_past(tx, as_of)
        family = await (find_family_at(tx, party_id, as_of) if as_of else find_family(tx, party_id))
        if not family:
            raise NotFound("no party has this id")
        sought = Sought(Place(*after) if after else None, full, page.limit + 1, as_of)
        lines = await store.load_lines(tx, context.months, family, sought)
    return page.written(lines, lambda line: line.body, lambda line: line.place)


@router.get("/events/{event_id}", dependencies=[Depends(requires("crm:read"))], response_model=PublishedEvent)
async def read_event(service: Service, event_id: UUID) -> Response:
    """An event of a timeline as it was published, read from its topic."""
    async with service.read() as tx:
        context: Context = tx.context
        place = await store.find_event(tx, context.months, event_id)
    if place is None:
        raise NotFound("no timeline has an event of this id")
    topic = next(name for name, handler in group.topics.items() if place.type in handler.contracts)
    record = await service.published(topic, place.partition, place.offset)
    event = None if record is None else as_cloud_event(record)
    if event is None or event["id"] != str(event_id):
        raise NotFound("its topic does not hold this event any more")
    return Response(to_json(event), media_type="application/json")
