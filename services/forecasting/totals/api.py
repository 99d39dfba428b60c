"""What was sold and paid back, added up by what it was, where, to whom, and when it happened."""

from dataclasses import replace
from functools import partial
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query

from services.forecasting.cuts import commands as cuts
from services.forecasting.cuts.schemas import Chosen, Days
from services.forecasting.series import commands as series
from services.forecasting.settings import Context
from services.forecasting.totals import store
from services.forecasting.totals.domain import UTC_ZONE, Asked, By, whole_from
from services.forecasting.totals.schemas import TotalView
from shared.events.money import Currency
from shared.events.values import BlankIsNone, Channel, TimeZone
from shared.http.app import Listing, Page, requires, service_of
from shared.http.limits import Looks

router = APIRouter(prefix="/v1/series", tags=["sales"], dependencies=[Depends(requires("crm:read"))])
Service = Annotated[cuts.Source, Depends(service_of)]
Zone = Annotated[Literal["local"] | TimeZone | None, BlankIsNone]
_LOCAL = "local"
_ZONE = (
    "Where hours, days, weeks and months begin: UTC unless another is named; `local` is the zone of the store that is"
    " asked for, or else the operator's, as the settings have them."
)


def _asked(
    by: By = "day",
    zone: Annotated[Zone, Query(description=_ZONE)] = None,
    depth: Annotated[int, Query(ge=1, le=20, description="So many parts of a category's path make a key.")] = 1,
    *,
    margin: Annotated[bool, Query(description="With what products brought above their cost.")] = False,
    sku: Chosen = None,
    category: Annotated[
        Chosen, Query(description="A department, or a path from it down, its parts parted by ` > `: all beneath it.")
    ] = None,
    channel: Annotated[Channel | None, BlankIsNone] = None,
    currency: Annotated[Currency | None, BlankIsNone] = None,
    store: Annotated[Chosen, Query(description="`(none)` for sales that named none.")] = None,
    segment: Annotated[Chosen, Query(description="Sales to parties that belonged to it when they bought.")] = None,
) -> Asked:
    return Asked(by, zone or UTC_ZONE, depth, margin, sku, category, channel, currency, store, segment)


@router.get("/sales")
async def sum_sales(
    service: Service, page: Page, days: Days, looks: Looks, asked: Annotated[Asked, Depends(_asked)]
) -> Listing[TotalView]:
    """Totals per currency; by key. Weeks and months are whole ones where no first day is given. A sale to a party of
    several segments counts in each.
    """
    after, limit = page.after(str, str) or ("", ""), page.limit + 1
    look = partial(_sums, service, asked, days, (after[0], after[1]), limit)
    totals = await looks.keep("series/sales", (asked, days, after, limit), look)
    return page.listing(totals, lambda one: one, lambda one: (one.key, one.currency))


async def _sums(service: cuts.Source, asked: Asked, days: Days, after: tuple[str, str], limit: int) -> list[TotalView]:
    async with service.transaction() as tx:
        if asked.zone == _LOCAL:
            context: Context = tx.context
            asked = replace(asked, zone=context.zone_of(asked.store))
        newest = await series.find_last_day(tx) if days.last else None
        begin, until = days.until_newest(newest).within(tx.now)
        if days.begin is None:
            begin = whole_from(asked.by, begin)
        return await store.sum_sales(tx, asked, begin, until, after, limit)
