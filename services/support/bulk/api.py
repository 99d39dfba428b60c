"""Acts on many tickets over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from starlette.responses import Response

from services.support.bulk import commands
from services.support.bulk.schemas import BulkItem, BulkState, BulkView, ItemOutcome, NewBulkAction
from shared.engine.transaction import Transaction
from shared.http.app import Listing, Once, Page, Principal, idempotent, requires, service_of
from shared.http.readiness import Serving
from shared.http.staff import staff_of

router = APIRouter(prefix="/v1/bulk-actions", tags=["bulk actions"])

Service = Annotated[Serving, Depends(service_of)]
Writer = Annotated[Principal, Depends(requires("crm:write"))]
Repeatable = Annotated[Once, Depends(idempotent)]
READS = [Depends(requires("crm:read"))]


@router.post("", status_code=202, response_model=BulkState)
async def begin_bulk_action(new: NewBulkAction, principal: Writer, once: Repeatable) -> Response:
    """Move, assign, triage, answer or follow many tickets: each has its own event, or its own refusal.

    It goes on after a crash where it was. Send an Idempotency-Key, so that it is begun once.
    """
    agent = staff_of(new.agent, principal)

    async def act(tx: Transaction) -> BulkState:
        return await commands.begin(tx, new, agent)

    return await once.write(act, status=202)


@router.get("/{bulk_id}", dependencies=READS)
async def read_bulk_action(service: Service, bulk_id: UUID) -> BulkView:
    """What is done, by whom, and how far it is."""
    async with service.read() as tx:
        return await commands.read_action(tx, bulk_id)


@router.get("/{bulk_id}/items", dependencies=READS)
async def list_bulk_items(
    service: Service, bulk_id: UUID, page: Page, outcome: ItemOutcome | None = None
) -> Listing[BulkItem]:
    """Its tickets in the order in which they were named, and how each went."""
    position = page.after(int)
    after = min(max(position[0], 0), 2**31 - 1) if position else 0
    async with service.read() as tx:
        found = await commands.list_items(tx, bulk_id, after, outcome, page.limit + 1)
    return page.listing(found, lambda each: each, lambda each: (each.place,))


@router.post("/{bulk_id}/stop", dependencies=[Depends(requires("crm:write"))], response_model=BulkState)
async def stop_bulk_action(bulk_id: UUID, once: Repeatable) -> Response:
    """Leave undone what is waiting; what is done stays done."""

    async def act(tx: Transaction) -> BulkState:
        return await commands.stop(tx, bulk_id)

    return await once.write(act)
