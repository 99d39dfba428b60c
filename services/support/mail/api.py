"""Mails over HTTP: taken in from a provider, looked at where they became no request, and what was attached to them."""

import asyncio
from datetime import datetime
from typing import Annotated, cast
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Path, Query, Request
from starlette.responses import Response

from services.support.mail import commands
from services.support.mail.domain.incoming import read_mail
from services.support.mail.schemas import MailLine, Taken, Unpassed
from services.support.settings import Context
from services.support.signature import is_signed
from shared import clock
from shared.engine.service import Service
from shared.engine.transaction import Transaction
from shared.errors import Refused
from shared.http.app import Listing, Once, Page, idempotent, requires, service_of, write

router = APIRouter(prefix="/v1", tags=["mail"])
webhooks = APIRouter(prefix="/v1/webhooks", tags=["mail"])
"""Opened by the provider's signature alone."""

Serving = Annotated[Service, Depends(service_of)]
Repeatable = Annotated[Once, Depends(idempotent)]
Name = Annotated[str, Header(max_length=300)]


class NotSignedError(Refused):
    """Nobody but the provider may bring mails."""

    status = 401
    reason = "not_signed"


@webhooks.post("/mail")
async def take_mail(
    service: Serving,
    request: Request,
    webhook_id: Name = "",
    webhook_timestamp: Name = "",
    webhook_signature: Annotated[str, Header(max_length=2_000)] = "",
) -> Taken:
    """A whole message as it came (`message/rfc822`), signed as Standard Webhooks says. May be delivered again."""
    body = await request.body()
    context = cast("Context", service.context)
    signed = is_signed(context.webhook_keys, webhook_id, webhook_timestamp, webhook_signature, body, clock.now())
    if not signed:
        raise NotSignedError("The delivery is not signed by a secret that is set here, or is too old.")
    mail = await asyncio.to_thread(read_mail, body, context.own_addresses)

    async def act(tx: Transaction) -> Taken:
        return Taken(id=mail.id, outcome=await commands.take(tx, mail))

    return await write(service, act)


@router.get("/mails", dependencies=[Depends(requires("crm:read"))])
async def list_mails(
    service: Serving, page: Page, kind: Annotated[Unpassed | None, Query()] = None
) -> Listing[MailLine]:
    """Mails of the last month that became no request, newest first."""
    before = page.after(datetime, UUID)
    async with service.read() as tx:
        found = await commands.list_mails(tx, kind, before, page.limit + 1)
    return page.listing(found, lambda each: each, lambda each: (each.received_at, each.id))


@router.post("/mails/{mail_id}/accept", dependencies=[Depends(requires("crm:write"))], response_model=Taken)
async def accept_mail(mail_id: UUID, once: Repeatable) -> Response:
    """Make a request of a mail that was taken for something else, or was one too many."""

    async def act(tx: Transaction) -> Taken:
        await commands.accept(tx, mail_id)
        return Taken(id=mail_id, outcome="request")

    return await once.write(act)


@router.get(
    "/mails/{mail_id}/attachments/{place}", dependencies=[Depends(requires("crm:read"))], response_class=Response
)
async def read_attachment(service: Serving, mail_id: UUID, place: Annotated[int, Path(ge=0, le=999)]) -> Response:
    """The file as it came, to be saved and never to be shown in a page."""
    async with service.read() as tx:
        found = await commands.find_content(tx, mail_id, place)
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(found.name)}",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "sandbox",
    }
    return Response(found.content, media_type=found.media_type, headers=headers)
