"""What campaigns and support did, by day of the event."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends

from services.forecasting.activity import store
from services.forecasting.activity.schemas import MessagesView, TicketsView
from services.forecasting.cuts.schemas import Days
from shared.http.app import Listing, Page, requires, service_of
from shared.http.readiness import Serving

router = APIRouter(prefix="/v1/series", tags=["sales"], dependencies=[Depends(requires("crm:read"))])
Service = Annotated[Serving, Depends(service_of)]


@router.get("/messages")
async def list_messages(service: Service, page: Page, days: Days) -> Listing[MessagesView]:
    """Messages decided by day, campaign and outcome."""
    day, campaign, outcome = page.after(date, str, str) or (date(1, 1, 1), "", "")
    async with service.read() as tx:
        found = await store.list_messages(tx, *days.within(tx.now), (day, campaign, outcome), page.limit + 1)
    return page.listing(found, lambda one: one, lambda one: (one.day, one.campaign, one.outcome))


@router.get("/tickets")
async def list_tickets(service: Service, page: Page, days: Days) -> Listing[TicketsView]:
    """Tickets opened by day and channel."""
    day, channel = page.after(date, str) or (date(1, 1, 1), "")
    async with service.read() as tx:
        found = await store.list_tickets(tx, *days.within(tx.now), (day, channel), page.limit + 1)
    return page.listing(found, lambda one: one, lambda one: (one.day, one.channel))
