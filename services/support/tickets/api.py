"""Acts on tickets over HTTP: answering, moving them on, merging and splitting them."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from starlette.responses import Response

from services.support.tickets import commands
from services.support.tickets.domain.ticket import Pending
from services.support.tickets.schemas import (
    NewMerge,
    NewReply,
    NewSplit,
    NewStatus,
    SplitOff,
    TicketState,
    Undoing,
    Written,
)
from shared.engine.transaction import Transaction
from shared.http.app import Once, Principal, idempotent, requires
from shared.http.openapi import answers_with
from shared.http.staff import staff_of
from shared.http.versions import IfMatch, versions_of, with_etag

router = APIRouter(prefix="/v1/tickets", tags=["tickets"])

Writer = Annotated[Principal, Depends(requires("crm:write"))]
Repeatable = Annotated[Once, Depends(idempotent)]


@router.post("/{ticket_id}/replies", status_code=201, response_model=Written, responses=answers_with(201, "ETag"))
async def write_reply(ticket_id: UUID, new: NewReply, principal: Writer, once: Repeatable) -> Response:
    """Answer the customer or leave a note. The first reply opens a new ticket."""
    agent = staff_of(new.agent, principal)

    async def act(tx: Transaction) -> Written:
        reply_id, ticket = await commands.write_reply(tx, ticket_id, new.kind, agent, new.text)
        return Written(reply_id=reply_id, **commands.state_of(ticket).model_dump())

    return with_etag(await once.write(act, status=201))


@router.post("/{ticket_id}/status", response_model=TicketState, responses=answers_with(200, "ETag"))
async def move_ticket(
    ticket_id: UUID, new: NewStatus, principal: Writer, once: Repeatable, if_match: IfMatch = None
) -> Response:
    """Takes new → open ⇄ pending → resolved → closed, from resolved and closed to reopened, and to spam and back.

    Other moves are 409, with those that are possible.
    """
    agent = staff_of(new.agent, principal)
    pending = Pending(new.waits_for, new.until) if new.waits_for is not None else None

    async def act(tx: Transaction) -> TicketState:
        versions = versions_of(if_match)
        return commands.state_of(await commands.move_ticket(tx, ticket_id, new.status, agent, versions, pending))

    return with_etag(await once.write(act))


@router.post("/{ticket_id}/merge", response_model=TicketState, responses=answers_with(200, "ETag"))
async def merge_ticket(
    ticket_id: UUID, new: NewMerge, principal: Writer, once: Repeatable, if_match: IfMatch = None
) -> Response:
    """Have the ticket go on in another of the same customer, which then shows what was written in both."""
    agent = staff_of(new.agent, principal)

    async def act(tx: Transaction) -> TicketState:
        versions = versions_of(if_match)
        return commands.state_of(await commands.merge_ticket(tx, ticket_id, new.into, agent, versions))

    return with_etag(await once.write(act))


@router.post("/{ticket_id}/unmerge", response_model=TicketState, responses=answers_with(200, "ETag"))
async def unmerge_ticket(
    ticket_id: UUID, new: Undoing, principal: Writer, once: Repeatable, if_match: IfMatch = None
) -> Response:
    """Have a merged ticket go on by itself again; it is open then."""
    agent = staff_of(new.agent, principal)

    async def act(tx: Transaction) -> TicketState:
        return commands.state_of(await commands.unmerge_ticket(tx, ticket_id, agent, versions_of(if_match)))

    return with_etag(await once.write(act))


@router.post("/{ticket_id}/split", status_code=201, response_model=SplitOff, responses=answers_with(201, "ETag"))
async def split_ticket(
    ticket_id: UUID, new: NewSplit, principal: Writer, once: Repeatable, if_match: IfMatch = None
) -> Response:
    """Make a ticket of its own of some replies and messages. Merging it into this one again undoes it."""
    agent = staff_of(new.agent, principal)

    async def act(tx: Transaction) -> SplitOff:
        versions = versions_of(if_match)
        ticket, into, number = await commands.split_ticket(tx, ticket_id, new.replies, new.subject, agent, versions)
        return SplitOff(into=into, number=number, **commands.state_of(ticket).model_dump())

    return with_etag(await once.write(act, status=201))
