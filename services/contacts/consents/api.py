"""Consents of parties over HTTP: what is allowed, the record that proves it, and confirming what was requested."""

from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic import AwareDatetime
from starlette.responses import Response

from services.contacts.consents import commands, store
from services.contacts.consents.schemas import ConfirmBody, Confirmed, ConsentsView, RecordView
from services.contacts.parties.commands import erased
from shared.engine.transaction import Transaction
from shared.events.values import Channel
from shared.http.app import Listing, Once, Page, idempotent, requires, service_of

router = APIRouter(prefix="/v1/consents", tags=["consents"])
Service = Annotated[Any, Depends(service_of)]
Repeatable = Annotated[Once, Depends(idempotent)]
READS = [Depends(requires("crm:read"))]
_NEWEST = datetime(9999, 12, 30, tzinfo=UTC), UUID(int=2**128 - 1)


@router.get("", dependencies=READS)
async def read_consents(
    service: Service,
    party_id: UUID,
    at: Annotated[AwareDatetime | None, Query(description="As it was known then; left out: now.")] = None,
) -> ConsentsView:
    """What a party allows, each kind with the statement that decides and whether it holds."""
    async with service.read() as tx:
        moment = at or tx.now
        consents = await commands.load_state(tx, party_id, moment)
        if not consents:
            await erased.require(tx, party_id)
    return ConsentsView(party_id=party_id, at=moment, consents=consents)


@router.get("/history", dependencies=READS)
async def read_history(
    service: Service,
    page: Page,
    party_id: UUID,
    purpose: Annotated[str | None, Query(max_length=100)] = None,
    channel: Channel | None = None,
) -> Listing[RecordView]:
    """Everything that was ever said of a party's consents, newest first; nothing of it is changed or removed."""
    after = page.after(datetime, UUID)
    async with service.read() as tx:
        before = (after[0], after[1]) if after else _NEWEST
        records = await store.list_records(tx, party_id, before, purpose, channel, page.limit + 1)
        if not records:
            await erased.require(tx, party_id)
    return page.listing(
        records,
        lambda record: RecordView.model_validate(record._asdict() | {"topic": record.topic or None}),
        lambda record: (record.recorded_at, record.event_id),
    )


@router.post(
    "/{event_id}/confirm", status_code=202, dependencies=[Depends(requires("crm:write"))], response_model=Confirmed
)
async def confirm_consent(event_id: UUID, body: ConfirmBody, once: Repeatable) -> Response:
    """The customer confirmed a `consent.requested` (double opt-in); it holds once the fact has been applied."""

    async def act(tx: Transaction) -> Confirmed:
        return await commands.confirm(tx, event_id, body.evidence)

    return await once.write(act, status=202)
