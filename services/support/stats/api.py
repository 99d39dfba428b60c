"""Figures of tickets over HTTP."""

from datetime import UTC, date, datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query

from services.support.stats import commands
from services.support.stats.schemas import By, DeskWarning, StatsView
from services.support.stats.store import Asked
from shared.errors import Invalid
from shared.events.values import Channel
from shared.http.app import Listing, Page, requires, service_of
from shared.http.limits import COSTLY
from shared.http.readiness import Serving
from shared.http.staff import STAFF_ID

router = APIRouter(prefix="/v1/stats", tags=["stats"], dependencies=[Depends(requires("crm:read"))])
Service = Annotated[Serving, Depends(service_of)]
_MOST_DAYS = 1_100
_LAST = datetime(9999, 12, 30, tzinfo=UTC), UUID(int=2**128 - 1)
_NAME = r"^[a-z][a-z0-9_-]{0,63}$"


@router.get("", dependencies=[COSTLY])
async def read_stats(
    service: Service,
    since: Annotated[date | None, Query(description="The first day, in UTC; else 29 days before the last.")] = None,
    until: Annotated[date | None, Query(description="The last day, in UTC; else today.")] = None,
    by: Annotated[By | None, Query(description="A line for each of these; else one for all.")] = None,
    queue: Annotated[str | None, Query(pattern=_NAME)] = None,
    agent: Annotated[str | None, Query(pattern=STAFF_ID)] = None,
    category: Annotated[str | None, Query(pattern=_NAME)] = None,
    channel: Channel | None = None,
) -> StatsView:
    """By sums that are kept as things happen. What comes late, or is corrected, changes the days that it is about."""
    async with service.read() as tx:
        last = until or tx.now.astimezone(UTC).date()
        first = since or max(last, date(1, 2, 1)) - timedelta(days=29)
        if not 0 <= (last - first).days < _MOST_DAYS:
            raise Invalid(f"since comes before until, by less than {_MOST_DAYS} days", field="query.since")
        return await commands.read_stats(tx, Asked(first, last, by, queue, agent, category, channel))


@router.get("/warnings")
async def list_warnings(
    service: Service,
    page: Page,
    *,
    cleared: Annotated[bool, Query(description="Also those that are over.")] = False,
) -> Listing[DeskWarning]:
    """What got out of hand: little time left in a queue, a backlog that grows, many tickets about one product."""
    after = page.after(datetime, UUID)
    async with service.read() as tx:
        found = await commands.list_warnings(
            tx, (after[0], after[1]) if after else _LAST, page.limit + 1, cleared=cleared
        )
    return page.listing(found, lambda each: each, lambda each: (each.raised_at, each.id))
