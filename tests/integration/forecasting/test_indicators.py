from dataclasses import replace
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from tests.integration.forecasting.running import Forecasting, get
from tests.unit.forecasting.facts import observed

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
