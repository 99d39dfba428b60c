import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from math import exp

import httpx
import pytest

from services.forecasting.indicators import commands as indicators
from services.forecasting.jobs import weekly
from services.forecasting.settings import ForecastingSettings
from tests.integration.forecasting.running import Forecasting, get, here
from tests.unit.forecasting.facts import observed, product, sale

LARGEST = 1.7976931348623157e308


@pytest.fixture
async def told(forecasting: Forecasting) -> None:
    await forecasting.observed(
        observed("cpi", "2026-01-01", 101.0, "2015=100"),
        observed("cpi", "2026-02-01", 101.5, "2015=100"),
        observed("brent", "2026-02-27", -37.63, "USD"),
        observed("Ø", "2026-02-27", LARGEST),
    )


@pytest.mark.usefixtures("told")
async def test_every_series_stands_with_its_newest_value_page_by_page(http: httpx.AsyncClient) -> None:
    first = await get(http, "/v1/indicators", limit=2)
    assert first["items"] == [
        {"series": "brent", "unit": "USD", "at": "2026-02-27T12:00:00Z", "value": -37.63},
        {"series": "cpi", "unit": "2015=100", "at": "2026-02-01T12:00:00Z", "value": 101.5},
    ]
    rest = await get(http, "/v1/indicators", limit=2, cursor=first["next_cursor"])
    assert [(one["series"], one["value"]) for one in rest["items"]] == [("Ø", LARGEST)]
    assert rest["next_cursor"] is None


@pytest.mark.usefixtures("told")
async def test_what_is_said_later_of_a_moment_holds_in_one_batch_or_in_two(
    forecasting: Forecasting, http: httpx.AsyncClient
) -> None:
    await forecasting.observed(observed("cpi", "2026-01-01", 101.2, name="second"))
    await forecasting.observed(
        observed("cpi", "2026-02-01", 101.6, "2015=100", name="second"),
        observed("cpi", "2026-02-01", 101.8, "2015=100", name="third"),
        observed("cpi", "2026-02-01", 102.0, "2015=100", hour=13),
    )
    first = await get(http, "/v1/indicators/points", series="cpi", limit=2)
    assert first["items"] == [
        {"at": "2026-01-01T12:00:00Z", "value": 101.2, "unit": None},
        {"at": "2026-02-01T12:00:00Z", "value": 101.8, "unit": "2015=100"},
    ]
    rest = await get(http, "/v1/indicators/points", series="cpi", limit=2, cursor=first["next_cursor"])
    assert [one["value"] for one in rest["items"]] == [102.0]


@pytest.mark.usefixtures("told")
async def test_the_days_that_are_asked_for_are_utc_days(http: httpx.AsyncClient, forecasting: Forecasting) -> None:
    last = datetime(2026, 1, 31, 23, 59, 59, 999999, tzinfo=UTC)
    await forecasting.observed(
        replace(observed("cpi", "2026-01-31", 7.0), time=last),
        replace(observed("cpi", "2026-01-31", 8.0, name="next"), time=last + timedelta(microseconds=1)),
    )
    days = {"series": "cpi", "from": "2026-01-31", "until": "2026-02-01"}
    assert [one["value"] for one in (await get(http, "/v1/indicators/points", **days))["items"]] == [7.0]
    none = {"series": "cpi", "from": "2025-01-01", "until": "2025-02-01"}
    assert (await get(http, "/v1/indicators/points", **none))["items"] == []


@pytest.mark.usefixtures("told")
async def test_a_series_of_the_first_moment_there_is_is_answered(
    http: httpx.AsyncClient, forecasting: Forecasting
) -> None:
    await forecasting.observed(replace(observed("old", "2026-01-01", 1.0), time=datetime.min.replace(tzinfo=UTC)))
    found = (await get(http, "/v1/indicators", cursor=None))["items"]
    assert {"series": "old", "unit": None, "at": "0001-01-02T00:00:00Z", "value": 1.0} in found


@pytest.mark.usefixtures("told")
@pytest.mark.parametrize(
    ("asked", "status"), [({"series": "nobody's"}, 404), ({}, 422), ({"series": "cpi", "until": "soon"}, 422)]
)
async def test_what_cannot_be_answered_says_why(http: httpx.AsyncClient, asked: dict[str, str], status: int) -> None:
    answer = await http.get("/v1/indicators/points", params=asked)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")


FIRST, WEEKS = date(2024, 1, 1), 104
CUT = FIRST + timedelta(weeks=WEEKS)


@pytest.fixture
async def followed(forecasting: Forecasting) -> None:
    """Two years of a shop whose sales follow the price of oil five weeks behind."""
    rng = random.Random(4)
    oil = [0.0]
    while len(oil) < WEEKS + 5:
        oil.append(0.8 * oil[-1] + rng.gauss(0, 1))
    day = [str(FIRST + timedelta(weeks=week)) for week in range(WEEKS)]
    await forecasting.observed(
        *(observed("brent", day[week], 100 + oil[week + 5]) for week in range(WEEKS)),
        *(observed("brent", day[week], -1e300, hour=11) for week in range(WEEKS)),
        *(observed("noise", day[week], rng.gauss(0, 1)) for week in range(WEEKS)),
        observed("brent", str(CUT), 1e300, hour=0),
        observed("young", day[-1], 1.0),
    )
    await forecasting.heard(
        product("A", "TOYS"),
        product("B", "FOOD"),
        *(
            sale(f"{sku}-{week}", day[week], (sku, 1, round(10_000 * exp(follows * 0.2 * oil[week] + chance))))
            for week in range(WEEKS)
            for sku, follows in (("A", 1), ("B", 0))
            for chance in (rng.gauss(0, 0.05),)
        ),
    )


@pytest.mark.usefixtures("followed")
async def test_a_forecast_rests_on_the_indicator_that_its_series_followed_and_says_so(
    forecasting: Forecasting, http: httpx.AsyncClient
) -> None:
    assert await weekly.forecast(forecasting, here, ForecastingSettings(), CUT) == 2
    forecasting.counted = datetime(CUT.year, CUT.month, CUT.day, tzinfo=UTC)
    food, toys = (await get(http, "/v1/forecasts"))["items"]
    assert (toys["model"], toys["indicator"]["series"]) == ("weighted-with-indicator/1", "brent")
    assert 0 < toys["indicator"]["weight"] <= 1
    assert (food["model"], food["indicator"]) == ("weighted/1", None)
    told = {data["series"]: data["indicator"] for _, data in await forecasting.published()}
    assert told == {one["series"]: one["indicator"] for one in (food, toys)}


@pytest.mark.usefixtures("followed")
async def test_the_last_value_of_each_week_before_the_cut_counts(forecasting: Forecasting) -> None:
    async with forecasting.read() as tx:
        found = await indicators.load_weekly(tx, FIRST + timedelta(weeks=2), CUT, 2)
        every = await indicators.load_weekly(tx, FIRST, CUT, 50)
    assert [(one.series, one.first, len(one.values)) for one in found] == [
        (name, FIRST + timedelta(weeks=2), WEEKS - 2) for name in ("brent", "noise")
    ]
    assert all(value is not None and 50 < value < 150 for value in found[0].values)
    assert [one.series for one in every] == ["brent", "noise", "young"]
