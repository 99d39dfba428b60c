"""Subtasks of tickets over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query
from starlette.responses import Response

from services.support.subtasks import commands
from services.support.subtasks.schemas import AgentSubtask, NewSubtask, SubtaskPatch, SubtaskView, TicketSubtasks
from shared.engine.transaction import Transaction
from shared.events.values import BlankIsNone
from shared.http.app import Listing, Once, Page, Principal, idempotent, requires, service_of
from shared.http.openapi import answers_with
from shared.http.readiness import Serving
from shared.http.staff import STAFF_ID, staff_of
from shared.http.versions import IfMatch, versions_of, with_etag

router = APIRouter(prefix="/v1/tickets/{ticket_id}/subtasks", tags=["tickets"])
of_agents = APIRouter(prefix="/v1/agents", tags=["tickets"])

Service = Annotated[Serving, Depends(service_of)]
Writer = Annotated[Principal, Depends(requires("crm:write"))]
Repeatable = Annotated[Once, Depends(idempotent)]
READS = [Depends(requires("crm:read"))]


@router.get("", dependencies=READS)
async def list_subtasks(service: Service, ticket_id: UUID) -> TicketSubtasks:
    """What has to be done for the ticket, was done, or was dropped."""
    async with service.read() as tx:
        return await commands.find_subtasks(tx, ticket_id)


@router.post("", status_code=201, response_model=SubtaskView, responses=answers_with(201, "ETag"))
async def add_subtask(ticket_id: UUID, new: NewSubtask, principal: Writer, once: Repeatable) -> Response:
    """Something more has to be done for the ticket, which may be resolved all the same."""
    agent = staff_of(new.agent, principal)

    async def act(tx: Transaction) -> SubtaskView:
        return await commands.add_subtask(tx, ticket_id, new, agent)

    return with_etag(await once.write(act, status=201))


@router.patch("/{subtask_id}", response_model=SubtaskView, responses=answers_with(200, "ETag"))
async def change_subtask(
    ticket_id: UUID,
    subtask_id: UUID,
    patch: SubtaskPatch,
    principal: Writer,
    once: Repeatable,
    if_match: IfMatch = None,
) -> Response:
    """Done, dropped, open again, of somebody else, or due at another time; what is left out stays."""
    agent = staff_of(patch.agent, principal)

    async def act(tx: Transaction) -> SubtaskView:
        return await commands.change_subtask(tx, ticket_id, subtask_id, patch, agent, versions_of(if_match))

    return with_etag(await once.write(act))


@of_agents.get("/{agent_id}/subtasks", dependencies=READS)
async def list_agents_subtasks(
    service: Service,
    agent_id: Annotated[str, Path(pattern=STAFF_ID)],
    page: Page,
    overdue: Annotated[bool | None, BlankIsNone, Query(description="Only what is overdue, or what is not.")] = None,
) -> Listing[AgentSubtask]:
    """What an agent has yet to do, newest first."""
    position = page.after(UUID)
    async with service.read() as tx:
        found = await commands.list_open(
            tx, agent_id, position[0] if position else None, page.limit + 1, overdue=overdue
        )
    return page.listing(found, lambda each: each, lambda each: (each.id,))
