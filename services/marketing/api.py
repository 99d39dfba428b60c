"""Marketing over HTTP: campaigns, enrolments, messages, and the proof of follow-up."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic import AwareDatetime, BaseModel

from services.marketing import audit, store
from shared.engine.service import Service
from shared.errors import Invalid, NotFound
from shared.http.app import Listing, Page, requires, service_of
from shared.http.paging import encode_cursor

router = APIRouter(prefix="/v1", tags=["marketing"], dependencies=[Depends(requires("crm:read"))])
Serving = Annotated[Service, Depends(service_of)]
State = Literal["one", "waiting", "skipped", "unknown", "missing", "double"]
MessageState = Literal["planned", "cleared", "sending", "sent", "skipped", "unknown"]
Since = Annotated[AwareDatetime | None, Query(alias="from", description="Sales that occurred from here on.")]
Until = Annotated[AwareDatetime | None, Query(alias="to", description="Sales that occurred before.")]
OfParty = Annotated[UUID | None, Query(description="Also finds those of parties merged with this one.")]


class Audit(BaseModel):
    """Every sale that was read, in exactly one state; the six sum to `sales`."""

    sales: int
    one: int
    waiting: int
    skipped: dict[str, int]
    unknown: int
    missing: int
    double: int


class AuditedSale(BaseModel):
    """One sale of the audit. `enrolments` and `messages` count follow-ups, `sent` their first messages."""

    trigger_event_id: str
    party_id: UUID
    origin: str
    sale_id: str
    occurred_at: datetime
    outcome: State
    reason: str | None
    enrolments: int
    messages: int
    sent: int


class MessageView(BaseModel):
    """A message and why it was, or was not, sent. Without a campaign: no follow-up campaign matched the sale."""

    message_id: UUID | None
    enrolment_id: UUID | None
    party_id: UUID
    campaign: str | None
    campaign_version: int | None
    follow_up: bool
    step: int | None
    channel: str | None
    content: str | None
    trigger_event_id: str
    origin: str
    sale_id: str
    due_at: datetime | None
    planned_at: datetime
    outcome: MessageState
    reason: str | None
    ended_at: datetime | None
    consent_event_id: str | None
    deciding_event_ids: list[str]
    attempt: int | None


class EnrolmentView(BaseModel):
    enrolment_id: UUID
    campaign: str
    campaign_version: int
    party_id: UUID
    trigger_event_id: str
    follow_up: bool
    started_at: datetime


class CampaignView(BaseModel):
    """The newest version of a campaign; `stopped_at` null: it is in force."""

    campaign: str
    version: int
    follow_up: bool
    priority: int
    definition_hash: str
    published_at: datetime
    stopped_at: datetime | None


class CampaignDetail(CampaignView):
    """With its definition and the texts."""

    definition: dict[str, Any]


@router.get("/audit/follow-ups")
async def audit_follow_ups(
    service: Serving, page: Page, since: Since = None, until: Until = None, outcome: State | None = None
) -> Audit | Listing[AuditedSale]:
    """Counts sales by what became of their follow-up, or lists those with `outcome`.

    A page of the list looks at some 200,000 sales at most: it may be short, or empty, and still have a next one.
    """
    span = audit.Span(since, until)
    async with service.transaction() as tx:
        if outcome is None:
            return _audit(await audit.count(tx, span))
        after = page.after(UUID)
        rows, last = await audit.find(tx, span, outcome, after[0] if after else None, page.limit)
    items = [AuditedSale(**row) for row in rows]
    return Listing(items=items, next_cursor=encode_cursor((last,)) if last else None)


@router.get("/messages")
async def list_messages(
    service: Serving,
    page: Page,
    party_id: OfParty = None,
    trigger_event_id: str | None = None,
    outcome: MessageState | None = None,
) -> Listing[MessageView]:
    """The newest trigger first."""
    after = page.after(datetime, UUID)
    async with service.read() as tx:
        trigger = _event_id(trigger_event_id)
        rows = await store.list_messages(tx, party_id, trigger, outcome, after, page.limit + 1)
    return page.listing(rows, _message, lambda row: (row["triggered_at"], row["id"]))


@router.get("/messages/{message_id}")
async def read_message(service: Serving, message_id: UUID) -> MessageView:
    async with service.read() as tx:
        row = await store.find_message(tx, message_id)
    if row is None or row["campaign"] is None:
        raise NotFound("no message has this id")
    return _message(row)


@router.get("/enrolments")
async def list_enrolments(
    service: Serving,
    page: Page,
    party_id: OfParty = None,
    trigger_event_id: str | None = None,
    campaign: str | None = None,
) -> Listing[EnrolmentView]:
    """The newest trigger first."""
    after = page.after(UUID, str)
    async with service.read() as tx:
        trigger = _event_id(trigger_event_id)
        rows = await store.list_enrolments(tx, trigger, party_id, campaign, after, page.limit + 1)
    return page.listing(rows, lambda row: EnrolmentView(**row), lambda row: (row["trigger_event_id"], row["campaign"]))


@router.get("/campaigns")
async def list_campaigns(service: Serving, page: Page) -> Listing[CampaignView]:
    after = page.after(str)
    async with service.read() as tx:
        rows = await store.list_campaigns(tx, after[0] if after else None, page.limit + 1)
    return page.listing(rows, lambda row: CampaignView(**row), lambda row: (row["campaign"],))


@router.get("/campaigns/{name}")
async def read_campaign(
    service: Serving, name: str, version: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None
) -> CampaignDetail:
    """The newest version, or the one that is asked for."""
    async with service.read() as tx:
        row = await store.find_campaign(tx, name, version)
    if row is None:
        raise NotFound("no campaign has this name and version")
    return CampaignDetail(**{**row, "definition": json.loads(row["definition"])})


def _audit(counts: Mapping[tuple[str, str | None], int]) -> Audit:
    totals = dict.fromkeys(("one", "waiting", "unknown", "missing", "double"), 0)
    skipped: dict[str, int] = {}
    for (outcome, reason), sales in counts.items():
        if outcome == "skipped":
            skipped[reason or "unknown"] = sales
        else:
            totals[outcome] += sales
    return Audit(sales=sum(totals.values()) + sum(skipped.values()), skipped=dict(sorted(skipped.items())), **totals)


def _message(row: Any) -> MessageView:
    state = row["outcome"] or ("sending" if row["owner"] else "planned" if row["attempt"] is None else "cleared")
    fields = {name: row[name] for name in MessageView.model_fields if name in row}
    message_id = row["id"] if row["campaign"] else None
    return MessageView(**{**fields, "message_id": message_id, "outcome": state})


def _event_id(text: str | None) -> UUID | None:
    """A trigger's id: ours are UUIDs, and anything else names no event that was read."""
    try:
        return UUID(text) if text else None
    except ValueError:
        raise Invalid("an event id of ours is a UUID", field="query.trigger_event_id") from None
