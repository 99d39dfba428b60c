"""Pages about sales and forecasts: totals by whatever they are looked at, and a department's weeks with their fan."""

import asyncio
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from services.console.forecasts.domain import (
    BY,
    SPANS,
    TIMES,
    ahead_of,
    fan_of,
    largest_first,
    most_of,
    past_of,
    together,
)
from services.console.shell.asking import Asked, Json, Part, attempt
from services.console.shell.pages import Shown

router = APIRouter(prefix="/forecasts")
Cursor = Annotated[str | None, Query(max_length=1000)]
_MOST = 200
_MOST_PAGES = 5


@router.get("")
async def show_sales(
    page: Shown,
    by: Annotated[str, Query(max_length=20)] = "category",
    since: Annotated[date | None, Query(alias="from")] = None,
    last: Annotated[int, Query(ge=0, le=3660)] = SPANS[1],
    cursor: Cursor = None,
) -> Response:
    """Totals by what was sold, where, to whom or when, of a quarter where nothing else is asked for; the departments
    lead to their forecasts. Hours are those of whoever looks.
    """
    chosen = by if by in BY else "category"
    zone = page.taste.zone if chosen == "hour" else None
    span = {"from": since, "last": last or None, "cursor": cursor, "limit": 100}
    asked = {"by": chosen, "zone": zone, "margin": "true", **span}
    looks = [attempt(page.asked.get("forecasting", "series/sales", **asked))]
    if chosen == "category":
        looks += [attempt(page.asked.get("forecasting", path, limit=_MOST)) for path in ("series", "forecasts")]
    totals, series, forecasts = (*await asyncio.gather(*looks), Part[Json](), Part[Json]())[:3]
    known = {(one["department"], one["currency"]): one for one in series.value["items"]} if series.value else {}
    rows = largest_first(totals.value, chosen, whole=cursor is None) if totals.value else []
    return page.show(
        "forecasts/sales.html",
        by=chosen,
        rows=rows,
        most=most_of(rows),
        since=since,
        last=last,
        totals=totals,
        series=known,
        ahead=ahead_of(forecasts.value["items"]) if forecasts.value else {},
        together=together,
        ways=BY,
        times=TIMES,
        spans=SPANS,
    )


@router.get("/series")
async def show_series(page: Shown, id: Annotated[str, Query(max_length=1000)]) -> Response:  # noqa: A002 - as the API
    """What came and what is expected, with how the last forecasts did beside a naive one."""
    values, forecasts = await asyncio.gather(
        _all_values(page.asked, id),
        attempt(page.asked.get("forecasting", "forecasts", series=id, all="true", limit=_MOST)),
    )
    known = forecasts.listed
    newest = max(known, key=lambda each: str(each["cut"])) if known else None
    return page.show(
        "forecasts/series.html",
        id=id,
        department=id.split(":")[2] if id.count(":") >= 4 else id,
        currency=id.rpartition(":")[2],
        fan=fan_of(values, newest),
        forecasts=forecasts,
        newest=newest,
        past=past_of(known)[:12],
    )


async def _all_values(asked: Asked, series: str) -> list[Json]:
    """Oldest first, as the service pages them."""
    values: list[Json] = []
    cursor = None
    for _ in range(_MOST_PAGES):
        found = await asked.get("forecasting", "series/values", series=series, cursor=cursor, limit=_MOST)
        values += found["items"]
        cursor = found["next_cursor"]
        if cursor is None:
            break
    return values
