"""Campaigns over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from services.marketing.catalogue import store
from services.marketing.catalogue.schemas import Campaign, CampaignDetail
from shared.engine.service import Service
from shared.errors import NotFound
from shared.http.app import Listing, Page, requires, service_of

router = APIRouter(prefix="/v1", tags=["marketing"], dependencies=[Depends(requires("crm:read"))])
Serving = Annotated[Service, Depends(service_of)]


@router.get("/campaigns")
async def list_campaigns(service: Serving, page: Page) -> Listing[Campaign]:
    """The newest version of each, by name."""
    after = page.after(str)
    async with service.read() as tx:
        campaigns = await store.list_campaigns(tx, after[0] if after else None, page.limit + 1)
    return page.listing(campaigns, lambda each: each, lambda each: (each.campaign,))


@router.get("/campaigns/{name}")
async def read_campaign(
    service: Serving, name: str, version: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None
) -> CampaignDetail:
    """The newest version, or the one that is asked for."""
    async with service.read() as tx:
        campaign = await store.find_campaign(tx, name, version)
    if campaign is None:
        raise NotFound("no campaign has this name and version")
    return campaign
