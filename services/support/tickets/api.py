"""Tickets over HTTP: reading them with their texts, answering, and moving them on."""

import re
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from starlette.responses import Response

from services.support.copies import commands as copies
from services.support.copies.domain import Party
from services.support.tickets import commands, store
from services.support.tickets.domain.status import MOVES
from services.support.tickets.schemas import (
    STAFF_ID,
    Customer,
    Entry,
    Follower,
    NewReply,
    NewStatus,
    Step,
    TicketLine,
    TicketState,
    TicketView,
    Written,
)
from services.support.tickets.store import StoredTicket
from shared.engine.transaction import Transaction
from shared.errors import Invalid, NotFound
from shared.events.tickets import TicketStatus
from shared.http.app import Listing, Once, Page, Principal, idempotent, requires, service_of
from shared.http.limits import COSTLY
from shared.http.openapi import answers_with
from shared.http.readiness import Serving
from shared.http.versions import IfMatch, versions_of, with_etag

router = APIRouter(prefix="/v1/tickets", tags=["tickets"])

SHOWN_REPLIES = 100
"""Beside its ticket; texts may be long, so an answer with all of them would have no bound."""

Service = Annotated[Serving, Depends(service_of)]
Writer = Annotated[Principal, Depends(requires("crm:write"))]


@router.get("", dependencies=[Depends(requires("crm:read")), COSTLY])
async def list_tickets(
    service: Service,
    page: Page,
    party_id: Annotated[UUID | None, Query(description="Also finds tickets of parties merged with this one.")] = None,
    status: TicketStatus | None = None,
) -> Listing[TicketLine]:
    """Newest first."""
    position = page.after(int)
    async with service.read() as tx:
        family = None if party_id is None else await copies.find_merged_parties(tx, party_id)
        lines = await store.list_tickets(tx, position[0] if position else None, page.limit + 1, family, status)
    return page.listing(lines, lambda line: line, lambda line: (line.number,))


@router.get("/{ticket_id}", dependencies=[Depends(requires("crm:read"))], responses=answers_with(200, "ETag"))
async def read_ticket(service: Service, ticket_id: UUID, response: Response) -> TicketView:
    """The ticket with its thread; the ETag is its version."""
    async with service.read() as tx:
        ticket = await store.find_ticket(tx, ticket_id)
        if ticket is None:
            raise NotFound("no ticket has this id")
        party = await copies.find_party(tx, ticket.line.party_id)
        replies = await store.find_replies(tx, ticket_id, None, SHOWN_REPLIES + 1)
        steps = await store.find_status_changes(tx, ticket_id)
        followers = await store.find_followers(tx, ticket.line.party_id, ticket_id)
    assert party is not None  # a ticket refers to its party
    response.headers["ETag"] = f'"{ticket.line.version}"'
    return _view(ticket, party, replies, steps, followers)


@router.get("/{ticket_id}/replies", dependencies=[Depends(requires("crm:read"))])
async def list_replies(service: Service, ticket_id: UUID, page: Page) -> Listing[Entry]:
    """Replies and notes, newest first; the request itself is in the ticket."""
    position = page.after(UUID)
    async with service.read() as tx:
        if await store.find_party_of_ticket(tx, ticket_id) is None:
            raise NotFound("no ticket has this id")
        replies = await store.find_replies(tx, ticket_id, position[0] if position else None, page.limit + 1)
    return page.listing(replies, lambda reply: reply, lambda reply: (reply.id,))


@router.post("/{ticket_id}/replies", status_code=201, response_model=Written, responses=answers_with(201, "ETag"))
async def write_reply(
    ticket_id: UUID, new: NewReply, principal: Writer, once: Annotated[Once, Depends(idempotent)]
) -> Response:
    """Answer the customer or leave a note. The first reply opens a new ticket."""
    agent = _agent(new.agent, principal)

    async def act(tx: Transaction) -> Written:
        reply_id, ticket = await commands.write_reply(tx, ticket_id, new.kind, agent, new.text)
        return Written(reply_id=reply_id, **commands.state_of(ticket).model_dump())

    return with_etag(await once.write(act, status=201))


@router.post("/{ticket_id}/status", response_model=TicketState, responses=answers_with(200, "ETag"))
async def move_ticket(
    ticket_id: UUID,
    new: NewStatus,
    principal: Writer,
    once: Annotated[Once, Depends(idempotent)],
    if_match: IfMatch = None,
) -> Response:
    """Takes new → open ⇄ pending → resolved → closed; from resolved and closed back to open. Other moves are 409."""
    agent = _agent(new.agent, principal)

    async def act(tx: Transaction) -> TicketState:
        return commands.state_of(await commands.move_ticket(tx, ticket_id, new.status, agent, versions_of(if_match)))

    return with_etag(await once.write(act))


def _agent(named: str | None, principal: Principal) -> str:
    """Who acts, as the topics may tell it. Raises Invalid where the token's subject is no staff id."""
    if named is None and re.fullmatch(STAFF_ID, principal.subject) is None:
        raise Invalid("the token's subject is no staff id, so name the agent", field="body.agent")
    return named or principal.subject


def _view(
    ticket: StoredTicket, party: Party, replies: list[Entry], steps: list[Step], followers: list[Follower]
) -> TicketView:
    """The request itself is the first text of the thread."""
    customer = Customer(
        party_id=party.id, name=party.name, locale=party.locale, merged_into=party.merged_into, erased=party.erased
    )
    return TicketView(
        **ticket.line.model_dump(),
        customer=customer,
        locale=ticket.locale,
        sku=ticket.sku,
        sale_id=ticket.sale_id,
        origin=ticket.origin,
        recorded_at=ticket.recorded_at,
        allowed=list(MOVES[ticket.line.status]),
        thread=[ticket.request, *reversed(replies[:SHOWN_REPLIES])],
        earlier_replies=len(replies) > SHOWN_REPLIES,
        history=steps,
        followed_by=followers,
    )
