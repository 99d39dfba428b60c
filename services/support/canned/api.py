"""Replies for use again over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query
from starlette.responses import Response

from services.support.canned import commands
from services.support.canned.schemas import CannedName, CannedReply, CannedVersion, FilledReply, NewCannedReply
from services.support.tickets.schemas import Language
from shared.engine.transaction import Transaction
from shared.http.app import Listing, Once, Page, Principal, idempotent, requires, service_of
from shared.http.openapi import answers_with
from shared.http.readiness import Serving
from shared.http.staff import staff_of
from shared.http.versions import IfMatch, versions_of, with_etag

router = APIRouter(prefix="/v1/canned-replies", tags=["canned replies"])
of_tickets = APIRouter(prefix="/v1/tickets", tags=["canned replies"])

Service = Annotated[Serving, Depends(service_of)]
Writer = Annotated[Principal, Depends(requires("crm:write"))]
Repeatable = Annotated[Once, Depends(idempotent)]
Named = Annotated[CannedName, Path()]
READS = [Depends(requires("crm:read"))]


@router.get("", dependencies=READS)
async def list_canned_replies(service: Service, page: Page) -> Listing[CannedReply]:
    """Every reply, by its name."""
    position = page.after(str)
    async with service.read() as tx:
        found = await commands.list_replies(tx, position[0] if position else "", page.limit + 1)
    return page.listing(found, lambda each: each, lambda each: (each.name,))


@router.get("/{name}", dependencies=READS, responses=answers_with(200, "ETag"))
async def read_canned_reply(service: Service, name: Named, response: Response) -> CannedReply:
    """One, as it was written."""
    async with service.read() as tx:
        found = await commands.read_reply(tx, name)
    response.headers["ETag"] = f'"{found.version}"'
    return found


@router.put("/{name}", response_model=CannedVersion, responses=answers_with(200, "ETag"))
async def define_canned_reply(
    name: Named, new: NewCannedReply, principal: Writer, once: Repeatable, if_match: IfMatch = None
) -> Response:
    """Write a reply with all its languages. A placeholder that stands for nothing is refused.

    `If-Match: "0"` writes only one that is not there yet.
    """
    agent = staff_of(new.agent, principal)

    async def act(tx: Transaction) -> CannedVersion:
        return await commands.define(tx, name, new, agent, versions_of(if_match))

    return with_etag(await once.write(act))


@router.delete("/{name}", dependencies=[Depends(requires("crm:write"))], response_model=CannedVersion)
async def remove_canned_reply(name: Named, once: Repeatable, if_match: IfMatch = None) -> Response:
    """It is not offered any more; what was sent stays."""

    async def act(tx: Transaction) -> CannedVersion:
        return await commands.remove(tx, name, versions_of(if_match))

    return await once.write(act)


@of_tickets.get("/{ticket_id}/canned-replies/{name}", dependencies=READS)
async def fill_canned_reply(
    service: Service,
    ticket_id: UUID,
    name: Named,
    language: Annotated[Language | None, Query(description="Else that of the request, or of the customer.")] = None,
) -> FilledReply:
    """The reply for this ticket, with what is known of it and its own customer; nothing is sent by itself."""
    async with service.read() as tx:
        filled = await commands.fill_in(tx, name, ticket_id, language)
    return FilledReply(name=name, language=filled.language, text=filled.text, missing=list(filled.missing))
