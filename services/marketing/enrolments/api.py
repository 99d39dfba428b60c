"""Enrolments over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query

from services.marketing.catalogue import commands as catalogue
from services.marketing.catalogue.schemas import Draft
from services.marketing.copies import commands as copies
from services.marketing.enrolments import commands, store
from services.marketing.enrolments.schemas import DryRun, Enrolment
from shared.engine.service import Service
from shared.http.app import Listing, Page, requires, service_of
from shared.http.limits import COSTLY

router = APIRouter(prefix="/v1", tags=["marketing"])
Serving = Annotated[Service, Depends(service_of)]
OfParty = Annotated[UUID | None, Query(description="Also finds those of parties merged with this one.")]


@router.get("/enrolments", dependencies=[Depends(requires("crm:read")), COSTLY])
async def list_enrolments(
    service: Serving,
    page: Page,
    party_id: OfParty = None,
    trigger_event_id: UUID | None = None,
    campaign: str | None = None,
) -> Listing[Enrolment]:
    """The newest trigger first."""
    after = page.after(UUID, str)
    async with service.read() as tx:
        family = None if party_id is None else await copies.find_family(tx, party_id)
        enrolments = await store.list_enrolments(tx, trigger_event_id, family, campaign or None, after, page.limit + 1)
    return page.listing(enrolments, lambda each: each, lambda each: (each.trigger_event_id, each.campaign))


@router.post("/campaigns/dry-run", dependencies=[Depends(requires("crm:write")), COSTLY])
async def try_campaign(
    service: Serving, draft: Draft, sales: Annotated[int, Query(ge=1, le=50_000, description="The newest.")] = 10_000
) -> DryRun:
    """What a draft would have done with the newest sales; nothing is published, and nobody is enrolled."""
    definition = catalogue.read_draft(draft)
    async with service.read() as tx:
        return await commands.dry_run(tx, definition, sales)
