"""What facts said in free text, over HTTP."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends

from services.contacts.intake import store
from services.contacts.intake.schemas import TextsView, TextView
from shared.errors import NotFound
from shared.http.app import requires, service_of

router = APIRouter(prefix="/v1", tags=["interactions"])
Service = Annotated[Any, Depends(service_of)]


@router.get("/interactions/{event_id}", dependencies=[Depends(requires("crm:read"))])
async def read_texts(service: Service, event_id: UUID) -> TextsView:
    """The free text of an interaction, survey or consent: what `has_text` and `has_evidence` speak of."""
    async with service.read() as tx:
        stored = await store.load_texts(tx, event_id)
    if not stored:
        raise NotFound("no text is kept of this event")
    texts = [TextView.model_validate({"kind": each.text.kind, "text": each.text.body}) for each in stored]
    return TextsView(event_id=event_id, party_id=stored[0].party_id, recorded_at=stored[0].recorded_at, texts=texts)
