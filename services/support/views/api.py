"""Saved views over HTTP; their tickets are listed by the desk."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from starlette.responses import Response

from services.support.views import commands
from services.support.views.schemas import SavedView, ViewDefinition, ViewVersion
from shared.engine.transaction import Transaction
from shared.http.app import Listing, Once, Page, Principal, idempotent, requires, service_of
from shared.http.openapi import answers_with
from shared.http.readiness import Serving
from shared.http.staff import StaffId, staff_of
from shared.http.versions import IfMatch, versions_of, with_etag

router = APIRouter(prefix="/v1/views", tags=["views"])

Service = Annotated[Serving, Depends(service_of)]
Writer = Annotated[Principal, Depends(requires("crm:write"))]
Repeatable = Annotated[Once, Depends(idempotent)]
READS = [Depends(requires("crm:read"))]
WRITES = [Depends(requires("crm:write"))]


@router.post("", status_code=201, response_model=ViewVersion, responses=answers_with(201, "ETag"))
async def add_view(new: ViewDefinition, principal: Writer, once: Repeatable) -> Response:
    """Keep a list of tickets under a name, for oneself or for a queue."""
    owner = staff_of(new.agent, principal)

    async def act(tx: Transaction) -> ViewVersion:
        return await commands.add_view(tx, new, owner)

    return with_etag(await once.write(act, status=201))


@router.get("", dependencies=READS)
async def list_views(
    service: Service,
    page: Page,
    agent: Annotated[
        StaffId | None, Query(description="Their own views, and those of queues that they are in.")
    ] = None,
) -> Listing[SavedView]:
    """In the order in which they were made."""
    position = page.after(UUID)
    async with service.read() as tx:
        found = await commands.list_views(tx, position[0] if position else UUID(int=0), agent, page.limit + 1)
    return page.listing(found, lambda each: each, lambda each: (each.id,))


@router.get("/{view_id}", dependencies=READS, responses=answers_with(200, "ETag"))
async def read_view(service: Service, view_id: UUID, response: Response) -> SavedView:
    """What it lists, and whose it is."""
    async with service.read() as tx:
        found = await commands.read_view(tx, view_id)
    response.headers["ETag"] = f'"{found.version}"'
    return found


@router.put("/{view_id}", dependencies=WRITES, response_model=ViewVersion, responses=answers_with(200, "ETag"))
async def change_view(view_id: UUID, new: ViewDefinition, once: Repeatable, if_match: IfMatch = None) -> Response:
    """Another name, other filters, or other readers; its owner stays."""

    async def act(tx: Transaction) -> ViewVersion:
        return await commands.change_view(tx, view_id, new, versions_of(if_match))

    return with_etag(await once.write(act))


@router.delete("/{view_id}", dependencies=WRITES, response_model=ViewVersion)
async def remove_view(view_id: UUID, once: Repeatable, if_match: IfMatch = None) -> Response:
    """The view goes; its tickets stay."""

    async def act(tx: Transaction) -> ViewVersion:
        return await commands.remove_view(tx, view_id, versions_of(if_match))

    return await once.write(act)
