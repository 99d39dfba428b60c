"""What was sold and paid back, and what else happened, by day of the event."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query

from services.forecasting import store
from services.forecasting.api.views import MessagesView, TicketsView, TotalView
from services.forecasting.sight import Sight
from shared.http.app import Listing, Page, requires, service_of

router = APIRouter(prefix="/v1/series", tags=["sales"], dependencies=[Depends(requires("crm:read"))])
Service = Annotated[Any, Depends(service_of)]
By = Literal["product", "category", "channel", "day", "week"]


class DayRange:
    """From `from` up to, and without, `until`; UTC days."""

    def __init__(
        self,
        begin: Annotated[date, Query(alias="from")] = date(1970, 1, 1),
        until: Annotated[date, Query()] = date(9999, 1, 1),
    ) -> None:
        self.begin, self.until = begin, until


Days = Annotated[DayRange, Depends()]


@router.get("/sales")
async def sum_sales(
    service: Service,
    page: Page,
    days: Days,
    by: By = "day",
    sku: str | None = None,
    category: Annotated[str | None, Query(description="The department: the first of a product's path.")] = None,
    channel: str | None = None,
    currency: str | None = None,
) -> Listing[TotalView]:
    """Totals per currency; by key."""
    filters = store.SalesFilter(by, days.begin, days.until, sku, category, channel, currency)
    async with Sight(service).sales() as tx:
        rows = await store.sum_sales(tx, filters, page.after(str, str) or ("", ""), page.limit + 1)
        whole = by not in {"product", "category"} and sku is None and category is None
        baskets = await store.sum_baskets(tx, filters) if whole else {}
    return page.listing(rows, lambda row: _total(row, baskets), lambda row: (row["key"], row["currency"]))


@router.get("/messages")
async def list_messages(service: Service, page: Page, days: Days) -> Listing[MessagesView]:
    """Messages decided by day, campaign and outcome."""
    after = page.after(date, str, str) or (date(1, 1, 1), "", "")
    async with Sight(service).sales() as tx:
        rows = await store.list_messages(tx, days.begin, days.until, after, page.limit + 1)
    position = ("day", "campaign", "outcome")
    return page.listing(rows, lambda row: MessagesView(**row), lambda row: [row[name] for name in position])


@router.get("/tickets")
async def list_tickets(service: Service, page: Page, days: Days) -> Listing[TicketsView]:
    """Tickets opened by day and channel."""
    after = page.after(date, str) or (date(1, 1, 1), "")
    async with Sight(service).sales() as tx:
        rows = await store.list_tickets(tx, days.begin, days.until, after, page.limit + 1)
    return page.listing(rows, lambda row: TicketsView(**row), lambda row: (row["day"], row["channel"]))


def _total(row: Any, baskets: Mapping[tuple[str, str], tuple[int, int]]) -> TotalView:
    sales, total = baskets.get((row["key"], row["currency"]), (None, None))
    return TotalView(**row, sales=sales, total=total)
