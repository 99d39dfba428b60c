"""Followers and viewers of tickets over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query
from starlette.responses import Response

from services.support.attention import commands
from services.support.attention.schemas import FollowedTicket, NewViewer, TicketFollowers, TicketViewers
from shared.engine.transaction import Transaction
from shared.http.app import Listing, Once, Page, idempotent, requires, service_of
from shared.http.readiness import Serving
from shared.http.staff import STAFF_ID

router = APIRouter(prefix="/v1/tickets/{ticket_id}", tags=["tickets"])
of_agents = APIRouter(prefix="/v1/agents", tags=["tickets"])

Service = Annotated[Serving, Depends(service_of)]
Repeatable = Annotated[Once, Depends(idempotent)]
StaffId = Annotated[str, Path(pattern=STAFF_ID)]
READS = [Depends(requires("crm:read"))]
WRITES = [Depends(requires("crm:write"))]


@router.get("/followers", dependencies=READS)
async def list_followers(service: Service, ticket_id: UUID) -> TicketFollowers:
    """Who is told what becomes of the ticket."""
    async with service.read() as tx:
        return await commands.find_followers(tx, ticket_id)


@router.put("/followers/{agent_id}", dependencies=WRITES, response_model=TicketFollowers)
async def follow_ticket(ticket_id: UUID, agent_id: StaffId, once: Repeatable) -> Response:
    """The agent is told from now on."""

    async def act(tx: Transaction) -> TicketFollowers:
        return await commands.follow(tx, ticket_id, agent_id)

    return await once.write(act)


@router.delete("/followers/{agent_id}", dependencies=WRITES, response_model=TicketFollowers)
async def unfollow_ticket(ticket_id: UUID, agent_id: StaffId, once: Repeatable) -> Response:
    """The agent is told no more."""

    async def act(tx: Transaction) -> TicketFollowers:
        return await commands.unfollow(tx, ticket_id, agent_id)

    return await once.write(act)


@router.get("/viewers", dependencies=READS)
async def list_viewers(service: Service, ticket_id: UUID) -> TicketViewers:
    """Who looks at the ticket now, or writes into it."""
    async with service.read() as tx:
        return await commands.find_viewers(tx, ticket_id)


@router.put("/viewers/{agent_id}", dependencies=WRITES, response_model=TicketViewers)
async def look_at_ticket(ticket_id: UUID, agent_id: StaffId, new: NewViewer, once: Repeatable) -> Response:
    """The agent is there, and hears who else is; whoever says nothing for 45 seconds is there no more."""

    async def act(tx: Transaction) -> TicketViewers:
        return await commands.look(tx, ticket_id, agent_id, new)

    return await once.write(act)


@router.delete("/viewers/{agent_id}", dependencies=WRITES, response_model=TicketViewers)
async def leave_ticket(ticket_id: UUID, agent_id: StaffId, once: Repeatable) -> Response:
    """The agent is there no more."""

    async def act(tx: Transaction) -> TicketViewers:
        return await commands.leave(tx, ticket_id, agent_id)

    return await once.write(act)


@of_agents.get("/{agent_id}/followed-tickets", dependencies=READS)
async def list_followed(
    service: Service,
    agent_id: StaffId,
    page: Page,
    *,
    news: Annotated[bool, Query(description="Only those of which the agent has not seen the newest.")] = False,
) -> Listing[FollowedTicket]:
    """What an agent follows, newest first."""
    position = page.after(int)
    async with service.read() as tx:
        found = await commands.list_followed(tx, agent_id, position[0] if position else None, page.limit + 1, news=news)
    return page.listing(found, lambda each: each, lambda each: (each.number,))
