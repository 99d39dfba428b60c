"""What agents read over HTTP: queues of tickets, and a ticket with its thread."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from starlette.responses import Response

from services.support.attention import commands as attention
from services.support.attention.schemas import TicketFollowers, TicketViewers
from services.support.copies import commands as copies
from services.support.desk import store
from services.support.desk.schemas import Entry, Follower, TicketLine, TicketView
from services.support.desk.store import MergedTicket, StoredTicket
from services.support.mail import commands as mail
from services.support.mail.schemas import AttachmentView
from services.support.routing.commands import assignments as routing
from services.support.routing.schemas import AssignmentView
from services.support.sla import commands as sla
from services.support.sla.schemas import SlaView
from services.support.subtasks import commands as subtasks
from services.support.subtasks.schemas import SubtaskView
from services.support.tickets.domain.status import moves_by_hand
from services.support.tickets.domain.threads import suggests_split
from services.support.triage import commands as triage
from services.support.triage.schemas import TriageView
from services.support.views import commands as views
from shared.engine.transaction import Transaction
from shared.errors import NotFound
from shared.events.tickets import TicketStatus
from shared.http.app import Listing, Page, Principal, requires, service_of
from shared.http.limits import COSTLY, Looks
from shared.http.openapi import answers_with
from shared.http.readiness import Serving
from shared.http.staff import StaffId, staff_of

router = APIRouter(prefix="/v1/tickets", tags=["tickets"])
of_views = APIRouter(prefix="/v1/views", tags=["views"])

SHOWN_REPLIES = 100
"""Beside its ticket; texts may be long, so an answer with all of them would have no bound."""

Service = Annotated[Serving, Depends(service_of)]
Reader = Annotated[Principal, Depends(requires("crm:read"))]


@dataclass(frozen=True, slots=True)
class Whole:
    """Everything that is shown of a ticket."""

    ticket: StoredTicket
    merged: list[MergedTicket]
    replies: list[Entry]
    followers: TicketFollowers
    viewers: TicketViewers
    subtasks: list[SubtaskView]
    triage: TriageView | None
    sla: SlaView
    assignment: AssignmentView | None
    attachments: Mapping[str, Sequence[AttachmentView]]


@router.get("", dependencies=[Depends(requires("crm:read")), COSTLY])
async def list_tickets(
    service: Service,
    page: Page,
    party_id: Annotated[UUID | None, Query(description="Also finds tickets of parties merged with this one.")] = None,
    status: TicketStatus | None = None,
    number: Annotated[int | None, Query(ge=1, lt=2**63, description="The ticket of this number alone.")] = None,
) -> Listing[TicketLine]:
    """Newest first."""
    position = page.after(int)
    async with service.read() as tx:
        if number is not None:
            found = await store.find_line(tx, number)
            return page.listing([found] if found else [], lambda line: line, lambda line: (line.number,))
        family = None if party_id is None else await copies.find_merged_parties(tx, party_id)
        lines = await store.list_tickets(tx, position[0] if position else None, page.limit + 1, family, status)
    return page.listing(lines, lambda line: line, lambda line: (line.number,))


@of_views.get("/{view_id}/tickets", dependencies=[COSTLY])
async def list_tickets_of_view(
    service: Service,
    principal: Reader,
    view_id: UUID,
    page: Page,
    agent: Annotated[
        StaffId | None, Query(description="Who reads it, for what is theirs; else the token's subject.")
    ] = None,
) -> Listing[TicketLine]:
    """What a saved view lists, newest first."""
    position = page.after(int)
    async with service.read() as tx:
        filters = (await views.read_view(tx, view_id)).filters
        reader = staff_of(agent, principal) if filters.mine or filters.followed else None
        lines = await store.list_tickets_of_view(tx, position[0] if position else None, page.limit + 1, filters, reader)
    return page.listing(lines, lambda line: line, lambda line: (line.number,))


@router.get("/counts", dependencies=[Depends(requires("crm:read"))])
async def count_tickets(service: Service, looks: Looks, party_id: UUID | None = None) -> dict[TicketStatus, int]:
    """Tickets that wait for somebody, by status; statuses without any are left out."""

    async def look() -> dict[TicketStatus, int]:
        async with service.read() as tx:
            family = None if party_id is None else await copies.find_merged_parties(tx, party_id)
            return await store.count_waiting(tx, family)

    return await looks.keep("tickets/counts", party_id, look)


@router.get("/{ticket_id}", dependencies=[Depends(requires("crm:read"))], responses=answers_with(200, "ETag"))
async def read_ticket(service: Service, ticket_id: UUID, response: Response) -> TicketView:
    """The ticket with its thread, its clocks and who answers for it; the ETag is the version of the ticket alone."""
    async with service.read() as tx:
        whole = await _load(tx, ticket_id)
    response.headers["ETag"] = f'"{whole.ticket.line.version}"'
    return _view(whole)


@router.get("/{ticket_id}/replies", dependencies=[Depends(requires("crm:read"))])
async def list_replies(service: Service, ticket_id: UUID, page: Page) -> Listing[Entry]:
    """Replies, notes and messages, newest first; requests are in the ticket."""
    position = page.after(UUID)
    async with service.read() as tx:
        ticket = await _find_ticket(tx, ticket_id)
        tickets = [ticket_id, *(each.id for each in await _find_merged(tx, ticket))]
        replies = await store.find_replies(tx, tickets, position[0] if position else None, page.limit + 1)
    return page.listing(replies, lambda reply: reply, lambda reply: (reply.id,))


async def _load(tx: Transaction, ticket_id: UUID) -> Whole:
    ticket = await _find_ticket(tx, ticket_id)
    merged = await _find_merged(tx, ticket)
    whole = [ticket_id, *(each.id for each in merged)]
    replies = await store.find_replies(tx, whole, None, SHOWN_REPLIES + 1)
    entries = [ticket.request, *(each.request for each in merged), *replies]
    mails = [each.request_event_id for each in entries if each and each.request_event_id and each.channel == "email"]
    followers, viewers = await attention.find_attention(tx, ticket_id)
    return Whole(
        ticket,
        merged,
        replies,
        followers,
        viewers,
        await subtasks.list_subtasks(tx, ticket_id),
        await triage.find_triage(tx, ticket_id),
        await sla.show(tx, ticket_id),
        await routing.find_assignment(tx, ticket_id),
        await mail.find_attachments(tx, mails) if mails else {},
    )


async def _find_ticket(tx: Transaction, ticket_id: UUID) -> StoredTicket:
    """Raises NotFound."""
    ticket = await store.find_ticket(tx, ticket_id)
    if ticket is None:
        raise NotFound("no ticket has this id")
    return ticket


async def _find_merged(tx: Transaction, ticket: StoredTicket) -> list[MergedTicket]:
    """Few tickets go on in another, and nothing is asked of the others."""
    return await store.find_merged_tickets(tx, ticket.line.id) if ticket.is_joined else []


def _view(whole: Whole) -> TicketView:
    """Requests are the first texts of the thread."""
    ticket, subject = whole.ticket, whole.ticket.line.subject
    requests = [ticket.request, *(each.request for each in whole.merged)]
    replies = [
        reply.model_copy(update={"suggests_split": suggests_split(reply.subject, subject)})
        for reply in reversed(whole.replies[:SHOWN_REPLIES])
    ]
    thread = [*(each for each in requests if each is not None), *replies]
    return TicketView(
        **ticket.line.model_dump(),
        customer=ticket.customer,
        locale=ticket.locale,
        sku=ticket.sku,
        sale_id=ticket.sale_id,
        origin=ticket.origin,
        recorded_at=ticket.recorded_at,
        allowed=moves_by_hand(ticket.line.status),
        thread=[_with_mail(each, whole) for each in thread],
        earlier_replies=len(whole.replies) > SHOWN_REPLIES,
        history=ticket.steps,
        followed_by=ticket.continued,
        followers=[each.agent for each in whole.followers.items],
        viewers=whole.viewers.items,
        subtasks=whole.subtasks,
        merged_into=ticket.merged_into,
        merged=[Follower(id=each.id, number=each.number) for each in whole.merged],
        split_from=ticket.split_from,
        triage=whole.triage,
        sla=whole.sla,
        assignment=whole.assignment,
    )


def _with_mail(entry: Entry, whole: Whole) -> Entry:
    """With what was attached to it."""
    attached = whole.attachments.get(entry.request_event_id or "", ())
    return entry.model_copy(update={"attachments": list(attached)}) if attached else entry
