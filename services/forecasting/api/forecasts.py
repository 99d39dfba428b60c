"""Forecasts with what came, and the series that they are made of."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from pydantic_core import from_json

from services.forecasting import store
from services.forecasting.api.views import ForecastView, PointView, SeriesView, WeekView
from services.forecasting.domain.series import NO_DEPARTMENT, DepartmentWeek
from services.forecasting.domain.weeks import WEEK, week_of
from services.forecasting.sight import Sight
from shared.errors import NotFound
from shared.http.app import Listing, Page, requires, service_of

router = APIRouter(prefix="/v1", tags=["forecasts"], dependencies=[Depends(requires("crm:read"))])
Service = Annotated[Any, Depends(service_of)]
Weeks = Mapping[str, Mapping[date, int]]
_LAST = date(9999, 1, 1)


@router.get("/series")
async def list_series(service: Service, page: Page) -> Listing[SeriesView]:
    """By id."""
    (after,) = page.after(str) or ("",)
    async with service.read() as tx:
        rows = await store.list_series(tx, after, page.limit + 1)
    return page.listing(rows, lambda row: SeriesView(**row), lambda row: (row["id"],))


@router.get("/series/values")
async def read_values(
    service: Service, series: Annotated[str, Query(description="Its id.")], page: Page
) -> Listing[WeekView]:
    """What was sold in each whole week of a series, oldest first; late events still correct it."""
    sight = Sight(service)
    counted = await sight.counted()
    async with sight.sales() as tx:
        found = await store.find_series(tx, [series])
        if not found or counted is None:
            raise NotFound("no series has this id")
        (start,) = page.after(date) or (found[0]["first_week"] - WEEK,)
        begin = start + WEEK
        end = min(week_of(counted.date()), begin + WEEK * (page.limit + 1))
        weeks = (await _weeks_of(tx, found, begin, end))[series] if begin < end else {}
    rows = [(begin + WEEK * i, weeks.get(begin + WEEK * i, 0)) for i in range((end - begin) // WEEK)]
    return page.listing(rows, lambda row: WeekView(week=row[0], value=row[1]), lambda row: (row[0],))


@router.get("/forecasts")
async def list_forecasts(
    service: Service,
    page: Page,
    series: Annotated[str | None, Query(description="Only of this series.")] = None,
    *,
    every: Annotated[bool, Query(alias="all", description="Earlier ones too, each as it was published.")] = False,
) -> Listing[ForecastView]:
    """The forecast in force of each series; by series, newest first."""
    sight = Sight(service)
    counted = await sight.counted()
    position = page.after(str, date) or ("", _LAST)
    async with sight.sales() as tx:
        rows = await store.list_forecasts(tx, series, page.limit + 1, every=every, after=position)
        actuals: Weeks = {}
        if rows and counted is not None:
            found = await store.find_series(tx, sorted({row["series"] for row in rows}))
            begin = min(row["cut"] for row in rows)
            actuals = await _weeks_of(tx, found, begin, week_of(counted.date()))
    return page.listing(
        rows, lambda row: _view(row, actuals.get(row["series"], {}), counted), lambda row: (row["series"], row["cut"])
    )


async def _weeks_of(tx: Any, found: Sequence[Any], begin: date, end: date) -> Weeks:
    """Weekly revenue by series id within [begin, end)."""
    sold = await store.load_department_weeks(tx, begin, end, NO_DEPARTMENT)
    return {row["id"]: sold.get(DepartmentWeek(row["department"], row["currency"]), {}) for row in found}


def _view(row: Any, actuals: Mapping[date, int], counted: datetime | None) -> ForecastView:
    points = [PointView.model_validate(point) for point in from_json(row["points"])]
    for point in points:
        if counted is not None and point.at + timedelta(days=7) <= counted:
            point.actual = actuals.get(point.at.date(), 0)
    fields = {
        name: row[name] for name in ("forecast_id", "series", "cut", "model", "unit", "supersedes", "recorded_at")
    }
    return ForecastView(**fields, points=points, backtest=from_json(row["backtest"] or "null"))
