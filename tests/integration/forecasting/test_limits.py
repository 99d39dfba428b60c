"""What a critical user tries on sums, series and products: empty and absent, NUL, large numbers, clocks, ties."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import pytest

from services.forecasting.jobs.worker import Jobs
from services.forecasting.settings import ForecastingSettings
from shared.engine.event import Event, Tombstone
from shared.http.paging import encode_cursor
from tests.integration.forecasting.running import Forecasting, get, here
from tests.unit.forecasting.facts import ADA, BO, at, event, product, refund, sale


def described_at(category: str, time: datetime) -> Event[Any]:
    told = product("A", category)
    told.time = time
    return told


@pytest.mark.parametrize("batches", [1, 2])
async def test_of_two_descriptions_of_one_product_the_last_of_the_log_holds(
    http: httpx.AsyncClient, forecasting: Forecasting, batches: int
) -> None:
    """In one batch or in two, whatever times they carry; a tombstone is the last word too."""
    told = [
        described_at("NEWER BY ITS CLOCK", at("2026-03-02")),
        described_at("LAST", at("2026-01-01")),
        product("B", "FOOD"),
        event("crm.products", Tombstone(), at("2026-03-02"), "gone", "B"),
        event("crm.products", Tombstone(), at("2026-03-02"), "gone", "C"),
        product("C", "BACK"),
    ]
    size = len(told) // batches
    for begin in range(0, len(told), size):
        await forecasting.heard(*told[begin : begin + size])
    await forecasting.heard(sale("s-1", "2026-02-02", ("A", 1, 1), ("B", 1, 2), ("C", 1, 3)))

    items = (await get(http, "/v1/series/sales", by="category"))["items"]

    assert {item["key"]: item["revenue"] for item in items} == {"LAST": 1, "(none)": 2, "BACK": 3}


@pytest.mark.parametrize("category", [(), ("",), (" ",), ("", "BREAD"), ("\t", "")])
async def test_an_empty_department_is_none(
    http: httpx.AsyncClient, forecasting: Forecasting, category: tuple[str, ...]
) -> None:
    await forecasting.heard(product("A", *category), sale("s-1", "2026-02-02", ("A", 1, 1), ("B", 1, 2)))

    items = (await get(http, "/v1/series/sales", by="category"))["items"]

    expected = {"BREAD": 1, "(none)": 2} if "BREAD" in category else {"(none)": 3}
    assert {item["key"]: item["revenue"] for item in items} == expected


async def test_a_character_that_cannot_be_stored_costs_neither_the_product_nor_its_sales(
    http: httpx.AsyncClient, forecasting: Forecasting
) -> None:
    await forecasting.heard(
        product("A\0", "TO\0YS"),
        product("B", "FOOD"),
        sale("s-1", "2026-02-02", ("A\0", 1, 1), ("B", 1, 2)),
        refund("r-1", "2026-02-03", 1, ("A\0", 1), of="s-1"),
    )

    items = (await get(http, "/v1/series/sales", by="category"))["items"]

    assert {item["key"]: (item["revenue"], item["refunded"]) for item in items} == {
        "TO\N{REPLACEMENT CHARACTER}YS": (1, 1),
        "FOOD": (2, 0),
    }


@pytest.mark.parametrize("name", ["sku", "category", "channel", "currency"])
@pytest.mark.parametrize("blank", ["", " "])
@pytest.mark.usefixtures("sold")
async def test_an_empty_filter_is_none(http: httpx.AsyncClient, name: str, blank: str) -> None:
    assert await get(http, "/v1/series/sales", **{name: blank}) == await get(http, "/v1/series/sales")


@pytest.mark.parametrize(
    ("path", "params"),
    [
        ("/v1/series/sales", {"sku": "A\0"}),
        ("/v1/series/sales", {"category": "A\0"}),
        ("/v1/series/sales", {"channel": "pigeon"}),
        ("/v1/series/sales", {"currency": "kr"}),
        ("/v1/series/sales", {"by": "minute"}),
        ("/v1/series/sales", {"zone": "Mars/Olympus"}),
        ("/v1/series/sales", {"depth": 0}),
        ("/v1/series/sales", {"from": "2026-02-30"}),
        ("/v1/series/sales", {"from": "2026-02-03", "until": "2026-02-03"}),
        ("/v1/series/sales", {"from": "2026-02-03", "until": "2026-02-02"}),
        ("/v1/series/sales", {"from": "0001-01-01", "until": "2026-01-01"}),
        ("/v1/series/sales", {"until": "9999-12-31", "from": "1970-01-01"}),
        ("/v1/series/sales", {"cursor": encode_cursor(["\0", "DKK"])}),
        ("/v1/series/messages", {"cursor": encode_cursor(["2026-01-01", "\0", ""])}),
        ("/v1/series/messages", {"from": "1000-01-01", "until": "2026-01-01"}),
        ("/v1/series/tickets", {"cursor": encode_cursor(["10000-01-01", ""])}),
        ("/v1/series", {"cursor": encode_cursor([None])}),
        ("/v1/series/values", {"series": "\0"}),
        ("/v1/series/values", {}),
        ("/v1/forecasts", {"series": "A\0"}),
        ("/v1/forecasts", {"all": "perhaps"}),
        ("/v1/forecasts", {"cursor": encode_cursor(["", "2026-02-30"])}),
        ("/v1/models", {"name": "A\0"}),
        ("/v1/scores/0", {}),
    ],
)
@pytest.mark.usefixtures("sold")
async def test_a_question_that_makes_no_sense_is_refused_with_the_field(
    http: httpx.AsyncClient, path: str, params: dict[str, str]
) -> None:
    answer = await http.get(path, params=params)

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"]


@pytest.mark.parametrize("position", ["0001-01-01", "9999-12-27", "9999-12-31"])
@pytest.mark.usefixtures("sold")
async def test_a_forged_position_in_the_weeks_of_a_series_is_no_error(
    http: httpx.AsyncClient, forecasting: Forecasting, position: str
) -> None:
    await forecasting.pool.execute(
        "insert into series values ('sales:department:TOYS:week:DKK', 'TOYS', 'DKK', 'DKK minor', '2026-02-02')"
    )
    forecasting.counted = datetime(2026, 2, 20, tzinfo=UTC)

    params = {"series": "sales:department:TOYS:week:DKK", "cursor": encode_cursor([position])}
    answer = await http.get("/v1/series/values", params=params)

    assert answer.status_code in {200, 422}


async def test_sales_of_any_clock_count_on_their_own_day_and_stop_no_forecast(
    http: httpx.AsyncClient, forecasting: Forecasting
) -> None:
    first = datetime(1, 1, 1, tzinfo=UTC)
    ahead = forecasting.now + timedelta(minutes=5)
    for name, time in (("first", first), ("epoch", datetime(1970, 1, 1, tzinfo=UTC)), ("ahead", ahead)):
        sold = sale(name, "2026-02-02", ("A", 1, 100))
        sold.time = time
        await forecasting.heard(sold)
    forecasting.counted = forecasting.now
    jobs = Jobs(ForecastingSettings(), here)

    days = (await get(http, "/v1/series/sales", **{"from": "0001-01-01", "until": "0002-01-01"}))["items"]
    assert [(day["key"], day["revenue"]) for day in days] == [("0001-01-02", 100)]
    assert len((await get(http, "/v1/series/sales"))["items"]) == 1
    assert await jobs.step(forecasting) is None
    assert await jobs.step(forecasting) is not None


@pytest.mark.usefixtures("sold")
async def test_two_customers_who_share_a_sale_id_at_two_senders_are_refunded_apart(
    http: httpx.AsyncClient, forecasting: Forecasting
) -> None:
    other = sale("s-1", "2026-02-02", ("Z", 1, 900), party=BO, channel="phone")
    other.data = replace(other.data, origin="/kiosk")
    back = refund("r-9", "2026-02-20", 900, of="s-1", party=BO)
    back.data = replace(back.data, origin="/kiosk")
    await forecasting.heard(other, back)

    items = (await get(http, "/v1/series/sales", by="product"))["items"]

    assert {item["key"]: item["refunded"] for item in items} == {"A": 500, "B": 0, "C": 0, "Z": 900}


async def test_totals_of_equal_keys_and_currencies_page_without_loss(
    http: httpx.AsyncClient, forecasting: Forecasting
) -> None:
    """Ties of one day in several currencies, cut at every place."""
    await forecasting.heard(
        *(
            sale(f"s-{day}-{currency}", f"2026-02-0{day}", ("A", 1, 1), party=ADA, currency=currency)
            for day in (1, 2)
            for currency in ("DKK", "EUR", "JPY")
        )
    )
    whole = (await get(http, "/v1/series/sales"))["items"]
    for limit in (1, 2, 4):
        items: list[Any] = []
        params: dict[str, Any] = {"limit": limit}
        while True:
            page = await get(http, "/v1/series/sales", **params)
            items += page["items"]
            if page["next_cursor"] is None:
                break
            params["cursor"] = page["next_cursor"]
        assert items == whole
    assert len(whole) == 6
    assert date.fromisoformat(whole[0]["key"]) == date(2026, 2, 1)
