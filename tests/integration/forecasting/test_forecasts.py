from datetime import UTC, datetime
from typing import Any, cast

import httpx
import pytest

from services.forecasting.jobs import weekly
from services.forecasting.settings import ForecastingSettings
from tests.integration.forecasting.running import Forecasting, get, repeat
from tests.unit.forecasting.facts import sale

TOYS = "sales:department:TOYS:week:DKK"


@pytest.mark.usefixtures("sold")
async def test_a_forecast_shows_what_came_once_its_week_is_over(
    http: httpx.AsyncClient, forecasting: Forecasting
) -> None:
    cut = datetime(2026, 2, 9, tzinfo=UTC)
    await weekly.forecast(forecasting, cast("Any", repeat), ForecastingSettings(), cut.date())
    forecasting.counted = datetime(2026, 2, 20, tzinfo=UTC)

    (one,) = (await get(http, "/v1/forecasts", series=TOYS))["items"]

    assert (one["cut"], one["model"], one["unit"]) == ("2026-02-09", "weighted/1", "DKK minor")
    assert [(point["mean"], point["actual"]) for point in one["points"][:2]] == [(1000, 500), (1000, None)]


@pytest.mark.usefixtures("sold")
@pytest.mark.parametrize(("also", "came"), [((), None), (("2026-02-22",), 1900), (("2026-02-24",), 1500)])
async def test_a_week_of_which_not_all_sales_came_shows_nothing_yet(
    http: httpx.AsyncClient, forecasting: Forecasting, also: tuple[str, ...], came: int | None
) -> None:
    cut = datetime(2026, 2, 9, tzinfo=UTC)
    days = ("2026-02-08", "2026-02-15", *also)
    await forecasting.heard(*(sale(f"sunday-{day}", day, ("A", 1, 400)) for day in days))
    await weekly.forecast(forecasting, cast("Any", repeat), ForecastingSettings(), cut.date())
    forecasting.counted = datetime(2026, 2, 25, tzinfo=UTC)

    (one,) = (await get(http, "/v1/forecasts", series=TOYS))["items"]
    values = (await get(http, "/v1/series/values", series=TOYS))["items"]

    assert one["points"][1]["actual"] == came
    assert ("2026-02-16" in {week["week"] for week in values}) is (came is not None)


@pytest.mark.usefixtures("sold")
async def test_earlier_forecasts_are_listed_on_request(http: httpx.AsyncClient, forecasting: Forecasting) -> None:
    for day in (9, 16):
        cut = datetime(2026, 2, day, tzinfo=UTC)
        await weekly.forecast(forecasting, cast("Any", repeat), ForecastingSettings(), cut.date())

    assert [one["cut"] for one in (await get(http, "/v1/forecasts", series=TOYS))["items"]] == ["2026-02-16"]
    every = (await get(http, "/v1/forecasts", series=TOYS, all=True))["items"]
    assert [one["cut"] for one in every] == ["2026-02-16", "2026-02-09"]
    assert every[0]["supersedes"] == every[1]["forecast_id"]

    assert [one["id"] for one in (await get(http, "/v1/series"))["items"]] == [
        "sales:department:FOOD:week:DKK",
        TOYS,
    ]
    forecasting.counted = datetime(2026, 2, 20, tzinfo=UTC)
    values = (await get(http, "/v1/series/values", series=TOYS))["items"]
    assert [(one["week"], one["value"]) for one in values] == [("2026-02-02", 1000), ("2026-02-09", 500)]
