"""What came of the attempts to send a message."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends

from services.marketing.sending import store
from services.marketing.sending.schemas import Deliveries
from shared.engine.service import Service
from shared.http.app import requires, service_of

router = APIRouter(prefix="/v1", tags=["marketing"])
Serving = Annotated[Service, Depends(service_of)]


@router.get("/messages/{message_id}/deliveries", dependencies=[Depends(requires("crm:read"))])
async def list_deliveries(service: Serving, message_id: UUID) -> Deliveries:
    """Each attempt that a provider was asked for, with what it answered; none for a letter by e-mail."""
    async with service.read() as tx:
        return Deliveries(deliveries=await store.list_deliveries(tx, message_id))
