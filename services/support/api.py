"""Tickets over HTTP: reading them with their texts, answering, and moving them on."""

from collections.abc import Callable
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from starlette.responses import Response

from services.support import store
from services.support.domain.ticket import Changed, Ticket, move, write
from services.support.views import (
    NewReply,
    NewStatus,
    TicketLine,
    TicketState,
    TicketView,
    Written,
    state_of,
    view_of,
)
from shared.engine.transaction import Transaction
from shared.errors import NotFound, Stale
from shared.events.tickets import TicketStatus
from shared.http.app import Listing, Once, Page, Principal, idempotent, requires, service_of
from shared.http.versions import IfMatch, version_of, with_etag
from shared.ids import new_id

router = APIRouter(prefix="/v1/tickets", tags=["tickets"])

Service = Annotated[Any, Depends(service_of)]
Writer = Annotated[Principal, Depends(requires("crm:write"))]


@router.get("", dependencies=[Depends(requires("crm:read"))])
async def list_tickets(
    service: Service,
    page: Page,
    party_id: Annotated[UUID | None, Query(description="Also finds tickets of parties merged with this one.")] = None,
    status: TicketStatus | None = None,
) -> Listing[TicketLine]:
    """Newest first."""
    position = page.after(int)
    async with service.read() as tx:
        rows = await store.list_tickets(tx, position[0] if position else None, page.limit + 1, party_id, status)
    return page.listing(rows, lambda row: TicketLine.model_validate(dict(row)), lambda row: (row["number"],))


@router.get("/{ticket_id}", dependencies=[Depends(requires("crm:read"))])
async def read_ticket(service: Service, ticket_id: UUID, response: Response) -> TicketView:
    """The ticket with its thread; the ETag is its version."""
    async with service.read() as tx:
        found = await store.find_ticket(tx, ticket_id)
    if found is None:
        raise NotFound("no ticket has this id")
    view = view_of(*found)
    response.headers["ETag"] = f'"{view.version}"'
    return view


@router.post("/{ticket_id}/replies", status_code=201, response_model=Written)
async def write_reply(
    ticket_id: UUID, new: NewReply, principal: Writer, once: Annotated[Once, Depends(idempotent)]
) -> Response:
    """Answer the customer or leave a note. The first reply opens a new ticket."""
    agent = new.agent or principal.subject

    async def act(tx: Transaction) -> Written:
        reply_id = new_id()
        changed = await _change(tx, ticket_id, None, lambda ticket: write(ticket, reply_id, new.kind, agent, tx.now))
        await store.add_reply(tx, reply_id, ticket_id, new.kind, agent, new.text, tx.now)
        return Written(reply_id=reply_id, **state_of(changed).model_dump())

    return with_etag(await once.write(act, status=201))


@router.post("/{ticket_id}/status", response_model=TicketState)
async def move_ticket(
    ticket_id: UUID,
    new: NewStatus,
    principal: Writer,
    once: Annotated[Once, Depends(idempotent)],
    if_match: IfMatch = None,
) -> Response:
    """Takes new → open ⇄ pending → resolved → closed; from resolved and closed back to open. Other moves are 409."""
    agent = new.agent or principal.subject

    async def act(tx: Transaction) -> TicketState:
        changed = await _change(tx, ticket_id, if_match, lambda ticket: move(ticket, new.status, agent, tx.now))
        return state_of(changed)

    return with_etag(await once.write(act))


async def _change(tx: Transaction, ticket_id: UUID, if_match: str | None, act: Callable[[Ticket], Changed]) -> Ticket:
    """Lock, check the version, decide, save, publish. Raises NotFound, Stale and what `act` raises."""
    ticket = await store.lock_ticket(tx, ticket_id)
    if ticket is None:
        raise NotFound("no ticket has this id")
    if version_of(if_match) not in {None, ticket.version}:
        raise Stale("the ticket has changed; read it again", field="If-Match", state=state_of(ticket))
    changed = act(ticket)
    await store.save_change(tx, changed, tx.now)
    tx.emit(changed.emissions)
    return changed.ticket
