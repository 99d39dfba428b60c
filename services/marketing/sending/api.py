"""What comes back of letters, over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from starlette.responses import Response

from services.marketing.sending import commands
from services.marketing.sending.schemas import Bounce, BounceNoted
from shared.engine.transaction import Transaction
from shared.http.app import Once, idempotent, requires

router = APIRouter(prefix="/v1", tags=["marketing"], dependencies=[Depends(requires("crm:write"))])
Repeatable = Annotated[Once, Depends(idempotent)]


@router.post("/messages/{message_id}/bounces", status_code=201, response_model=BounceNoted)
async def note_bounce(message_id: UUID, bounce: Bounce, once: Repeatable) -> Response:
    """A letter that was sent came back, or its reader complained: told as an event, and its address may be stopped."""

    async def act(tx: Transaction) -> BounceNoted:
        return BounceNoted(stopped=await commands.note_bounce(tx, message_id, bounce))

    return await once.write(act, status=201)
