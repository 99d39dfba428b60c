"""The roles of parties over HTTP."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends
from starlette.responses import Response

from services.contacts.roles import commands
from services.contacts.roles.schemas import RoleBody, RoleEndBody, RoleView
from shared.engine.transaction import Transaction
from shared.errors import NotFound
from shared.http.app import Listing, Once, Page, idempotent, requires, service_of

router = APIRouter(prefix="/v1", tags=["roles"])
Service = Annotated[Any, Depends(service_of)]
Repeatable = Annotated[Once, Depends(idempotent)]
WRITES = [Depends(requires("crm:write"))]


@router.get("/parties/{party_id}/roles", dependencies=[Depends(requires("crm:read"))])
async def list_roles(service: Service, party_id: UUID, page: Page) -> Listing[RoleView]:
    """Oldest first, those that ended too; also of parties that were merged with this one."""
    after = page.after(UUID)
    async with service.read() as tx:
        found = await commands.list_views(tx, party_id, after[0] if after else None, page.limit + 1)
    if found is None:
        raise NotFound("no party has this id")
    return page.listing(found, lambda each: each, lambda each: (each.id,))


@router.post("/parties/{party_id}/roles", status_code=201, dependencies=WRITES, response_model=RoleView)
async def grant_role(party_id: UUID, body: RoleBody, once: Repeatable) -> Response:
    """Give the party a role. One that it has is a 409, a day on which it had it before a 422."""

    async def act(tx: Transaction) -> RoleView:
        return await commands.grant(tx, party_id, body)

    return await once.write(act, status=201)


@router.post("/roles/{role_id}/end", dependencies=WRITES, response_model=RoleView)
async def end_role(role_id: UUID, body: RoleEndBody, once: Repeatable) -> Response:
    """The party has the role no longer; that it had it stays in its history."""

    async def act(tx: Transaction) -> RoleView:
        return await commands.end(tx, role_id, body.on)

    return await once.write(act)
