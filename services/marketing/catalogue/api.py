"""Campaigns over HTTP."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query
from starlette.responses import Response

from services.marketing.catalogue import commands, store
from services.marketing.catalogue.domain.content_type import type_of
from services.marketing.catalogue.domain.reading import Source, read
from services.marketing.catalogue.schemas import (
    Campaign,
    CampaignDetail,
    Checked,
    Difference,
    Draft,
    FieldChange,
    PublishedCampaign,
    StoppedCampaign,
)
from shared.engine.service import Service
from shared.engine.transaction import Transaction
from shared.errors import NotFound
from shared.http.app import Listing, Once, Page, idempotent, requires, service_of

router = APIRouter(prefix="/v1", tags=["marketing"])
READS = [Depends(requires("crm:read"))]
WRITES = [Depends(requires("crm:write"))]
Repeatable = Annotated[Once, Depends(idempotent)]
Serving = Annotated[Service, Depends(service_of)]


@router.get("/campaigns", dependencies=READS)
async def list_campaigns(service: Serving, page: Page) -> Listing[Campaign]:
    """The newest version of each, by name."""
    after = page.after(str)
    async with service.read() as tx:
        campaigns = await store.list_campaigns(tx, after[0] if after else None, page.limit + 1)
    return page.listing(campaigns, lambda each: each, lambda each: (each.campaign,))


@router.get("/campaigns/{name}", dependencies=READS)
async def read_campaign(
    service: Serving, name: str, version: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None
) -> CampaignDetail:
    """The newest version, or the one that is asked for."""
    async with service.read() as tx:
        campaign = await store.find_campaign(tx, name, version)
    if campaign is None:
        raise NotFound("no campaign has this name and version")
    return campaign


@router.post("/campaigns/validate", dependencies=WRITES)
async def validate_campaign(draft: Draft) -> Checked:
    """What is wrong with a draft, by file, line and field; nothing is published."""
    definition, problems = commands.look_over(read, Source(draft.file, draft.text, draft.templates))
    if definition is None:
        return Checked(valid=False, problems=problems)
    type_ = type_of(definition, mailing=False)
    return Checked(valid=True, campaign=definition.name, type=type_, events=sorted(definition.hears))


@router.post("/campaigns/diff", dependencies=WRITES)
async def compare_campaign(service: Serving, draft: Draft) -> Difference:
    """How a draft differs from what is in force under its name; no change: nothing would be published."""
    definition = commands.read_draft(draft)
    async with service.read() as tx:
        changes = await commands.compare(tx, definition)
    return Difference(campaign=definition.name, changes=[FieldChange(**each._asdict()) for each in changes])


@router.post("/campaigns", status_code=201, dependencies=WRITES, response_model=PublishedCampaign)
async def publish_campaign(draft: Draft, once: Repeatable) -> Response:
    """In force from now on, as a new version; who is enrolled stays with the one that they began with.

    200: the same was in force already.
    """
    definition = commands.read_draft(draft)

    async def act(tx: Transaction) -> PublishedCampaign:
        version, changed = await commands.publish(tx, definition)
        return PublishedCampaign(campaign=definition.name, version=version, changed=changed)

    return await once.write(act, status=lambda done: 201 if done.changed else 200)


@router.post("/campaigns/{name}/stop", dependencies=WRITES, response_model=StoppedCampaign)
async def stop_campaign(name: str, once: Repeatable, planned: Literal["keep", "skip"] = "keep") -> Response:
    """Enrols nobody from now on. Who is enrolled goes on; with `planned=skip` messages of theirs that have not been
    decided yet end as `stopped` when they are due.
    """

    async def act(tx: Transaction) -> StoppedCampaign:
        return StoppedCampaign(campaign=name, changed=await commands.stop(tx, name, with_planned=planned == "skip"))

    return await once.write(act)
