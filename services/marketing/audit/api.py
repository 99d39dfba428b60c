"""The proof of follow-up, and each message with why it was, or was not, sent."""

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query

from services.marketing.audit import store
from services.marketing.audit.schemas import Audit, AuditedSale, Message, MessageState, State, UnconsentedMessage
from services.marketing.copies import commands as copies
from shared.engine.service import Service
from shared.errors import NotFound
from shared.events.values import BlankIsNone, ReportedInstant
from shared.http.app import Listing, Page, requires, service_of
from shared.http.limits import COSTLY, Looks
from shared.http.paging import encode_cursor

router = APIRouter(prefix="/v1", tags=["marketing"], dependencies=[Depends(requires("crm:read"))])
Serving = Annotated[Service, Depends(service_of)]
Since = Annotated[
    ReportedInstant | None, BlankIsNone, Query(alias="from", description="Sales that occurred from here on.")
]
Until = Annotated[ReportedInstant | None, BlankIsNone, Query(alias="to", description="Sales that occurred before.")]
OfParty = Annotated[UUID | None, Query(description="Also finds those of parties merged with this one.")]


@router.get("/audit/follow-ups")
async def audit_follow_ups(
    service: Serving, page: Page, looks: Looks, since: Since = None, until: Until = None, outcome: State | None = None
) -> Audit | Listing[AuditedSale]:
    """Counts sales by what became of their follow-up, or lists those with `outcome`.

    A page of the list looks at some 200,000 sales at most: it may be short, or empty, and still have a next one.
    """
    span = store.Span(since, until)

    if outcome is None:
        return await looks.keep("audit", span, partial(_count, service, span))
    after, limit = (page.after(UUID) or (None,))[0], page.limit
    listing = partial(_list, service, span, outcome, after, limit)
    items, last = await looks.keep("audit", (span, outcome, after, limit), listing)
    following = encode_cursor((last,)) if last else None
    page.response.headers.update(page.link(following))
    return Listing(items=items, next_cursor=following)


@router.get("/audit/consents", dependencies=[COSTLY])
async def audit_consents(
    service: Serving, page: Page, since: Since = None, until: Until = None
) -> Listing[UnconsentedMessage]:
    """Messages that went out without a valid consent: the list is expected to be empty."""
    after = page.after(UUID)
    async with service.read() as tx:
        found = await store.list_unconsented(tx, store.Span(since, until), after[0] if after else None, page.limit + 1)
    return page.listing(found, lambda each: each, lambda each: (each.message_id,))


@router.get("/messages", dependencies=[COSTLY])
async def list_messages(
    service: Serving,
    page: Page,
    party_id: OfParty = None,
    trigger_event_id: UUID | None = None,
    outcome: MessageState | None = None,
) -> Listing[Message]:
    """The newest trigger first."""
    after = page.after(datetime, UUID)
    async with service.read() as tx:
        family = None if party_id is None else await copies.find_family(tx, party_id)
        listed = await store.list_messages(tx, family, trigger_event_id, outcome, after, page.limit + 1)
    return page.listing(listed, lambda each: each.message, lambda each: each.position)


@router.get("/messages/{message_id}")
async def read_message(service: Serving, message_id: UUID) -> Message:
    """One message, with what decided it."""
    async with service.read() as tx:
        message = await store.find_message(tx, message_id)
    if message is None:
        raise NotFound("no message has this id")
    return message


async def _count(service: Service, span: store.Span) -> Audit:
    async with service.transaction() as tx:
        return _audit(await store.count_sales(tx, span))


async def _list(
    service: Service, span: store.Span, outcome: State, after: UUID | None, limit: int
) -> tuple[list[AuditedSale], UUID | None]:
    async with service.transaction() as tx:
        return await store.list_sales(tx, span, outcome, after, limit)


def _audit(counts: Mapping[tuple[str, str | None], int]) -> Audit:
    totals = dict.fromkeys(("one", "waiting", "unknown", "missing", "double"), 0)
    skipped: dict[str, int] = {}
    for (outcome, reason), sales in counts.items():
        if outcome == "skipped":
            skipped[reason or "unknown"] = sales
        else:
            totals[outcome] += sales
    return Audit(sales=sum(totals.values()) + sum(skipped.values()), skipped=dict(sorted(skipped.items())), **totals)
