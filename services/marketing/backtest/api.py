"""A campaign over the past, before it goes live."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Query

from services.marketing.backtest import commands
from services.marketing.backtest.schemas import Backtest
from services.marketing.catalogue import commands as catalogue
from services.marketing.catalogue.schemas import Draft
from shared.engine.service import Service
from shared.events.values import ReportedInstant
from shared.http.app import requires, service_of
from shared.http.limits import COSTLY

router = APIRouter(prefix="/v1", tags=["marketing"])
Serving = Annotated[Service, Depends(service_of)]
Since = Annotated[ReportedInstant, Query(alias="from", description="Sales that occurred from here on.")]
Until = Annotated[ReportedInstant, Query(alias="to", description="Sales that occurred before.")]
Days = Annotated[int, Query(ge=0, le=90, description="How near a message of another campaign overlaps.")]
Shown = Annotated[int, Query(ge=0, le=5_000, description="So many messages are shown.")]


@router.post("/campaigns/backtest", dependencies=[Depends(requires("crm:write")), COSTLY])
async def backtest_campaign(
    service: Serving, draft: Draft, since: Since, until: Until, days: Days = 7, limit: Shown = 100
) -> Backtest:
    """Who would have been written to, and what other campaigns sent them then; nothing is published."""
    definition = catalogue.read_draft(draft)
    async with service.read() as tx:
        return await commands.backtest(tx, definition, since, until, timedelta(days=days), limit)
