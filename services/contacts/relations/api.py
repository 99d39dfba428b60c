"""What parties are to each other, over HTTP."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends
from starlette.responses import Response

from services.contacts.relations import commands
from services.contacts.relations.schemas import EndBody, RelationBody, RelationView
from shared.engine.transaction import Transaction
from shared.errors import NotFound
from shared.http.app import Listing, Once, Page, idempotent, requires, service_of

router = APIRouter(prefix="/v1", tags=["relations"])
Service = Annotated[Any, Depends(service_of)]
Repeatable = Annotated[Once, Depends(idempotent)]
WRITES = [Depends(requires("crm:write"))]


@router.get("/parties/{party_id}/relations", dependencies=[Depends(requires("crm:read"))])
async def list_relations(service: Service, party_id: UUID, page: Page) -> Listing[RelationView]:
    """Oldest first, those that ended too, either way round; also of parties that were merged with this one."""
    after = page.after(UUID)
    async with service.read() as tx:
        found = await commands.list_views(tx, party_id, after[0] if after else None, page.limit + 1)
    if found is None:
        raise NotFound("no party has this id")
    return page.listing(found, lambda each: each, lambda each: (each.id,))


@router.post("/parties/{party_id}/relations", status_code=201, dependencies=WRITES, response_model=RelationView)
async def add_relation(party_id: UUID, body: RelationBody, once: Repeatable) -> Response:
    """Say what the party is to another. One that holds is a 409, a relation with itself or a circle a 422."""

    async def act(tx: Transaction) -> RelationView:
        return await commands.add(tx, party_id, body)

    return await once.write(act, status=201)


@router.post("/relations/{relation_id}/end", dependencies=WRITES, response_model=RelationView)
async def end_relation(relation_id: UUID, body: EndBody, once: Repeatable) -> Response:
    """It holds no longer; it stays in the history of both."""

    async def act(tx: Transaction) -> RelationView:
        return await commands.end(tx, relation_id, body.on)

    return await once.write(act)
