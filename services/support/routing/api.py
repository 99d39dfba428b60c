"""Agents, queues and assignments over HTTP."""

from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query
from starlette.responses import Response

from services.support.routing.commands import agents, assignments
from services.support.routing.domain.agent import Removal
from services.support.routing.schemas import (
    AgentDefinition,
    AgentState,
    AgentVersion,
    AgentView,
    AssignmentView,
    Name,
    NewAssignment,
    NewPresence,
    QueueList,
    WaitingTicket,
)
from shared.engine.transaction import Transaction
from shared.http.app import Listing, Once, Page, Principal, idempotent, requires, service_of
from shared.http.openapi import answers_with
from shared.http.readiness import Serving
from shared.http.staff import STAFF_ID, staff_of
from shared.http.versions import IfMatch, versions_of, with_etag

router = APIRouter(prefix="/v1", tags=["routing"])

Service = Annotated[Serving, Depends(service_of)]
Writer = Annotated[Principal, Depends(requires("crm:write"))]
Repeatable = Annotated[Once, Depends(idempotent)]
StaffId = Annotated[str, Path(pattern=STAFF_ID)]
READS = [Depends(requires("crm:read"))]
WRITES = [Depends(requires("crm:write"))]


@router.get("/agents", dependencies=READS)
async def list_agents(service: Service, page: Page) -> Listing[AgentState]:
    """Every agent by staff id, with presence and open tickets."""
    position = page.after(str)
    async with service.read() as tx:
        found = await agents.list_agents(tx, position[0] if position else "", page.limit + 1)
    return page.listing(found, lambda each: each, lambda each: (each.id,))


@router.get("/agents/{agent_id}", dependencies=READS, responses=answers_with(200, "ETag"))
async def read_agent(
    service: Service, agent_id: StaffId, response: Response, days: Annotated[int, Query(ge=1, le=90)] = 7
) -> AgentView:
    """An agent, whether the shift is on, and the time in each state over the last days."""
    async with service.read() as tx:
        view = await agents.read_agent(tx, agent_id, tx.now - timedelta(days=days))
    response.headers["ETag"] = f'"{view.version}"'
    return view


@router.put("/agents/{agent_id}", dependencies=WRITES, response_model=AgentVersion, responses=answers_with(200, "ETag"))
async def define_agent(
    agent_id: StaffId, definition: AgentDefinition, once: Repeatable, if_match: IfMatch = None
) -> Response:
    """What an agent can, takes, and when; a new one is offline. What waits for them is given out soon after."""

    async def act(tx: Transaction) -> AgentVersion:
        return await agents.define(tx, agent_id, definition, versions_of(if_match))

    return with_etag(await once.write(act))


@router.put(
    "/agents/{agent_id}/presence", dependencies=WRITES, response_model=AgentVersion, responses=answers_with(200, "ETag")
)
async def set_presence(agent_id: StaffId, new: NewPresence, once: Repeatable, if_match: IfMatch = None) -> Response:
    """Where an agent is from now on. Tickets of who is away or offline go to others, and wait where there are none."""

    async def act(tx: Transaction) -> AgentVersion:
        return await agents.set_presence(tx, agent_id, new, versions_of(if_match))

    return with_etag(await once.write(act))


@router.delete("/agents/{agent_id}", dependencies=WRITES, response_model=AgentVersion)
async def remove_agent(agent_id: StaffId, reason: Removal, once: Repeatable, if_match: IfMatch = None) -> Response:
    """Ask somebody no more: what they have goes to others, with the reason. Defining them again brings them back."""

    async def act(tx: Transaction) -> AgentVersion:
        return await agents.remove(tx, agent_id, reason, versions_of(if_match))

    return await once.write(act)


@router.get("/queues", dependencies=READS)
async def list_queues(service: Service) -> QueueList:
    """Every queue, how many wait in it, and since when."""
    async with service.read() as tx:
        return await agents.list_queues(tx)


@router.get("/queues/{queue}", dependencies=READS)
async def list_waiting(service: Service, queue: Annotated[Name, Path()], page: Page) -> Listing[WaitingTicket]:
    """What waits in a queue, the first in line first."""
    position = page.after(int, datetime, UUID)
    async with service.read() as tx:
        found = await agents.list_waiting(tx, queue, position, page.limit + 1)
    return page.listing(found, lambda each: each, lambda each: (each.place, each.waiting_since, each.ticket_id))


@router.post("/tickets/{ticket_id}/assign", response_model=AssignmentView)
async def assign_ticket(ticket_id: UUID, new: NewAssignment, principal: Writer, once: Repeatable) -> Response:
    """Claim a ticket, give it to somebody, or give it back.

    409 where somebody else answers for it, and where the agent is off shift, absent or at capacity.
    """
    by = staff_of(new.by, principal)

    async def act(tx: Transaction) -> AssignmentView:
        return await assignments.assign(tx, ticket_id, new, by)

    return await once.write(act)
