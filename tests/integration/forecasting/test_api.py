"""The HTTP side over a real database."""

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from services.forecasting.domain.outlook import Outlook
from services.forecasting.jobs import weekly
from services.forecasting.settings import ForecastingSettings
from services.forecasting.sight import Sight
from tests.integration.forecasting.running import Forecasting
from tests.unit.forecasting.facts import ADA, BO, product, refund, sale, skipped, ticket

TOYS = "sales:department:TOYS:week:DKK"


async def repeat(work: str, asked: list[Any], cut: Any, backtests: int) -> dict[str, list[Outlook]]:
    """Stands in for the fitting process: the last week once more, with a spread of a tenth."""
    del work, backtests
    return {
        name: [Outlook(cut, "repeat/1", "linear", (v[-1],) * 4, (v[-1] / 10,) * 4, v[-1], 1.0)]
        for name, _, v, _ in asked
    }


@pytest.fixture
async def sold(forecasting: Forecasting) -> None:
    await forecasting.heard(
        product("A", "TOYS"),
        product("B", "FOOD", "BREAD"),
        sale("s-1", "2026-02-02", ("A", 2, 500), ("B", 1, 250)),
        sale("s-2", "2026-02-09", ("A", 1, 500), party=BO, channel="phone"),
        sale("s-3", "2026-02-17", ("A", 3, 500), ("C", 1, 40)),
        refund("r-1", "2026-02-18", 500, ("A", 1), of="s-1"),
        ticket("t-1", "2026-02-03"),
        skipped("m-1", "2026-02-03"),
    )


async def get(http: httpx.AsyncClient, path: str, **params: Any) -> Any:
    answer = await http.get(path, params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.parametrize(
    ("by", "expected"),
    [
        ("product", {"A": (3, 6, 3000, 1, 500), "B": (1, 1, 250, 0, 0), "C": (1, 1, 40, 0, 0)}),
        ("category", {"TOYS": (3, 6, 3000, 1, 500), "FOOD": (1, 1, 250, 0, 0), "(none)": (1, 1, 40, 0, 0)}),
        ("channel", {"web": (4, 7, 2790, 1, 500), "phone": (1, 1, 500, 0, 0)}),
        (
            "week",
            {"2026-02-02": (2, 3, 1250, 0, 0), "2026-02-09": (1, 1, 500, 0, 0), "2026-02-16": (2, 4, 1540, 1, 500)},
        ),
    ],
)
@pytest.mark.usefixtures("sold")
async def test_totals(http: httpx.AsyncClient, by: str, expected: dict[str, tuple[int, ...]]) -> None:
    items = (await get(http, "/v1/series/sales", by=by))["items"]

    names = ("lines", "units", "revenue", "returned", "refunded")
    assert {item["key"]: tuple(item[name] for name in names) for item in items} == expected


@pytest.mark.usefixtures("sold")
async def test_totals_by_day_count_whole_sales_and_obey_filters(http: httpx.AsyncClient) -> None:
    days = (await get(http, "/v1/series/sales", by="day", channel="web"))["items"]
    assert [(day["key"], day["sales"], day["total"]) for day in days] == [
        ("2026-02-02", 1, 1250),
        ("2026-02-17", 1, 1540),
        ("2026-02-18", None, None),
    ]

    toys = (await get(http, "/v1/series/sales", by="day", category="TOYS", **{"from": "2026-02-03"}))["items"]
    assert [day["key"] for day in toys] == ["2026-02-09", "2026-02-17", "2026-02-18"]


@pytest.mark.usefixtures("sold")
async def test_totals_page_by_cursor(http: httpx.AsyncClient) -> None:
    first = await get(http, "/v1/series/sales", by="product", limit=2)
    rest = await get(http, "/v1/series/sales", by="product", limit=2, cursor=first["next_cursor"])

    assert [item["key"] for item in first["items"] + rest["items"]] == ["A", "B", "C"]
    assert rest["next_cursor"] is None


@pytest.mark.usefixtures("sold")
async def test_a_forecast_shows_what_came_once_its_week_is_over(
    http: httpx.AsyncClient, forecasting: Forecasting
) -> None:
    cut = datetime(2026, 2, 9, tzinfo=UTC)
    await weekly.forecast(Sight(forecasting), repeat, ForecastingSettings(), cut.date())
    forecasting.counted = datetime(2026, 2, 20, tzinfo=UTC)

    (one,) = (await get(http, "/v1/forecasts", series=TOYS))["items"]

    assert (one["cut"], one["model"], one["unit"]) == ("2026-02-09", "repeat/1", "DKK minor")
    assert [(point["mean"], point["actual"]) for point in one["points"][:2]] == [(1000, 500), (1000, None)]


@pytest.mark.usefixtures("sold")
async def test_earlier_forecasts_are_listed_on_request(http: httpx.AsyncClient, forecasting: Forecasting) -> None:
    for day in (9, 16):
        cut = datetime(2026, 2, day, tzinfo=UTC)
        await weekly.forecast(Sight(forecasting), repeat, ForecastingSettings(), cut.date())

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


@pytest.mark.usefixtures("sold")
async def test_a_score_is_of_today(http: httpx.AsyncClient, forecasting: Forecasting) -> None:
    assert (await http.get(f"/v1/scores/{ADA}")).status_code == 404
    await forecasting.pool.execute(
        "insert into model values ('bgnbd', '2026-02-16', $1, '{}', now())",
        '{"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426}',
    )

    found = await get(http, f"/v1/scores/{ADA}")

    assert (found["model"], found["as_of"][:10]) == ("bgnbd/2026-02-16", "2026-03-02")
    assert {one["score"] for one in found["scores"]} == {"p_alive", "expected_purchases_28d"}
    assert [part["value"] for part in found["scores"][0]["contributions"]] == [1.0, 1.857, 4.0]
    assert (await http.get("/v1/scores/00000000-0000-0000-0000-000000000001")).status_code == 404


@pytest.mark.usefixtures("sold")
async def test_models_messages_and_tickets_are_listed(http: httpx.AsyncClient, forecasting: Forecasting) -> None:
    cut = datetime(2026, 2, 9, tzinfo=UTC)
    await weekly.forecast(Sight(forecasting), repeat, ForecastingSettings(), cut.date())

    assert [one["version"] for one in (await get(http, "/v1/models"))["items"]] == ["weekly/2026-02-09"]
    assert (await get(http, "/v1/series/messages"))["items"] == [
        {"day": "2026-02-03", "campaign": "", "outcome": "no_campaign", "messages": 1}
    ]
    assert (await get(http, "/v1/series/tickets"))["items"] == [{"day": "2026-02-03", "channel": "email", "opened": 1}]
