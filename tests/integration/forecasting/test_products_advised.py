"""Prices and reorder points on a real database: told at a cut, again where they changed, listed over HTTP."""

import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, cast
from uuid import UUID

import httpx
import pytest

from services.forecasting.fitting import works
from services.forecasting.fitting.process import FittingFailed, Run
from services.forecasting.jobs.worker import Jobs
from services.forecasting.prices.domain import PriceAdvice
from services.forecasting.settings import ForecastingSettings
from services.forecasting.subscriptions import recovery
from shared.engine.event import Event, Tombstone
from shared.engine.postgres import MAX_EMITTED
from shared.events.suggestions import PriceSuggested, ReorderSuggested
from tests.events import type_of
from tests.integration.forecasting.running import Forecasting, get, here, repeat
from tests.unit.forecasting.facts import at, cancelled, event, kroner, product, sale

FIRST = date(2025, 3, 3)
WEEKS = 60
CUT = FIRST + timedelta(weeks=WEEKS)
NEXT = CUT + timedelta(weeks=1)
SETTINGS = ForecastingSettings(backtests=0)
Told = dict[str, tuple[str, dict[str, Any]]]


async def _run(work: Any, *arguments: Any) -> Any:
    return await (repeat if work is works.make_outlooks else here)(work, *arguments)


run = cast("Run", _run)
TERMS: dict[str, Any] = {"price": kroner(1000), "cost": kroner(500), "stock": 10, "lead_time_days": 7}


@pytest.fixture
async def sold(forecasting: Forecasting) -> None:
    """`cheap` is bought whatever it costs, `plain` always costs the same, `mystery` is described by nobody."""
    rng = random.Random(5)
    facts: list[Any] = [
        product("cheap", "TOYS", day=str(CUT - timedelta(days=1)), **TERMS),
        product("plain", "TOYS", day=str(CUT - timedelta(days=1)), **{**TERMS, "stock": 5000, "lead_time_days": 14}),
    ]
    for week in range(WEEKS + 1):
        price = 1000 if week > WEEKS - 14 else rng.choice([800, 900, 1000, 1100, 1200])
        lines = [("cheap", rng.randint(95, 105), price), ("plain", 70, 1000), ("mystery", 40, 1000)]
        facts += [sale(f"w-{week}-{day}", str(FIRST + timedelta(weeks=week, days=day)), *lines) for day in (0, 6)]
    await forecasting.heard(*facts)


async def pass_by(forecasting: Forecasting, jobs: Jobs, day: date) -> Told:
    """What is told of products from now on until the day has passed everywhere, by type and product."""
    await forecasting.pool.execute("delete from outbox")
    forecasting.now = forecasting.counted = datetime(day.year, day.month, day.day, tzinfo=UTC)
    await jobs.step(forecasting)
    await jobs.step(forecasting)
    return {
        f"{type_.partition('.')[0]} {key}": (type_, data)
        for type_, key, data in await forecasting.published_by_key()
        if type_ in ("price.suggested", "reorder.suggested")
    }


@pytest.mark.usefixtures("sold")
async def test_a_price_and_an_order_are_told_with_all_that_they_are_made_of(
    forecasting: Forecasting, http: httpx.AsyncClient
) -> None:
    told = await pass_by(forecasting, Jobs(SETTINGS, run), CUT)

    assert sorted(told) == ["price cheap", "reorder cheap", "reorder plain"]
    price, order, enough = (told[name][1] for name in ("price cheap", "reorder cheap", "reorder plain"))
    assert (price["price"], price["suggested"]) == (
        {"minor": 1000, "currency": "DKK"},
        {"minor": 1100, "currency": "DKK"},
    )
    assert price["floor"]["minor"] == 525
    assert 0 < price["gain_low"] < price["gain"] < price["gain_high"]
    assert (price["model"], price["cut"][:10]) == ("prices/1", str(CUT))
    assert {"own_elasticity", "weight_of_its_own_weeks", "price_change"} <= {
        one["input"] for one in price["contributions"]
    }
    assert (order["days"], order["stock"]) == (14, 10)
    assert order["quantity"] > order["demand"] - 10 > 0
    assert order["stock_out_risk"] > 0.9
    assert (enough["quantity"], enough["stock"]) == (0, 5000)

    listed = (await get(http, "/v1/prices"))["items"]
    assert [(one["sku"], one["none_because"]) for one in listed] == [
        ("cheap", None),
        ("mystery", "not_described"),
        ("plain", "price_never_varied"),
    ]
    assert (listed[0]["suggestion_id"], listed[0]["gain"]) == (price["suggestion_id"], pytest.approx(price["gain"]))
    (due,) = (await get(http, "/v1/reorders", due=True))["items"]
    assert (due["sku"], due["quantity"], due["suggestion_id"]) == ("cheap", order["quantity"], order["suggestion_id"])
    assert [one["sku"] for one in (await get(http, "/v1/reorders", due=False))["items"]] == ["mystery", "plain"]
    assert [one["sku"] for one in (await get(http, "/v1/prices", advised=False, limit=1))["items"]] == ["mystery"]
    assert (await get(http, "/v1/models", name="prices"))["items"][0]["cut"] == str(CUT)


@pytest.mark.usefixtures("sold")
async def test_nothing_is_told_twice_and_again_only_what_changed(forecasting: Forecasting) -> None:
    jobs = Jobs(SETTINGS, run)
    first = await pass_by(forecasting, jobs, CUT)
    await forecasting.pool.execute("update job set scored = false, after = null")
    assert await pass_by(forecasting, Jobs(SETTINGS, run), CUT) == {}

    await forecasting.heard(product("cheap", "TOYS", day=str(NEXT), **{**TERMS, "stock": 4000}))
    told = await pass_by(forecasting, jobs, NEXT)

    assert list(told) == ["reorder cheap"]
    assert told["reorder cheap"][1]["supersedes"] == first["reorder cheap"][1]["suggestion_id"]
    assert told["reorder cheap"][1]["quantity"] == 0


@pytest.mark.usefixtures("sold")
async def test_advice_that_no_longer_holds_is_taken_back(forecasting: Forecasting) -> None:
    jobs = Jobs(SETTINGS, run)
    first = await pass_by(forecasting, jobs, CUT)
    await forecasting.heard(event("crm.products", Tombstone(), at(str(NEXT)), "gone", "cheap"))

    told = await pass_by(forecasting, jobs, NEXT)

    for name in ("price cheap", "reorder cheap"):
        data = told[name][1]
        assert (data["none_because"], data["supersedes"]) == ("not_described", first[name][1]["suggestion_id"])
    assert "reorder plain" not in told


@pytest.mark.usefixtures("sold")
async def test_more_products_are_told_than_a_transaction_may_tell(forecasting: Forecasting) -> None:
    """As many as are looked at may all change at one cut; then all may be gone."""
    many = MAX_EMITTED + 1
    prices = [
        PriceAdvice(f"p{number:05}", "DKK", 1000, None, 1100, 525, -1.5, -2.0, -1.0, 50.0, 10.0, 90.0)
        for number in range(many)
    ]

    async def found(work: Any, *arguments: Any) -> Any:
        return (prices, {}) if work is works.find_prices else await _run(work, *arguments)

    told = await pass_by(forecasting, Jobs(SETTINGS, cast("Run", found)), CUT)
    assert sum(name.startswith("price p") for name in told) == many
    assert await forecasting.pool.fetchval("select count(*) from set_aside") == 0

    prices.clear()
    told = await pass_by(forecasting, Jobs(SETTINGS, cast("Run", found)), NEXT)
    gone = {name: data for name, (_, data) in told.items() if name.startswith("price p")}
    assert len(gone) == many
    assert {data["none_because"] for data in gone.values()} == {"not_sold"}


@pytest.mark.usefixtures("sold")
@pytest.mark.parametrize("work", [works.find_prices, works.find_reorders])
async def test_a_failure_sets_aside_what_failed_and_takes_nothing_back(forecasting: Forecasting, work: Any) -> None:
    jobs = Jobs(SETTINGS, run)
    await pass_by(forecasting, jobs, CUT)

    async def fails(asked: Any, *arguments: Any) -> Any:
        if asked is work:
            raise FittingFailed("it broke")
        return await _run(asked, *arguments)

    failed = {"find_prices": "price", "find_reorders": "reorder"}[work.__name__]
    told = await pass_by(forecasting, Jobs(SETTINGS, cast("Run", fails)), NEXT)
    assert not any(name.startswith(failed) for name in told)
    (name,) = [row["name"] for row in await forecasting.rows("select name from set_aside where reason = 'it broke'")]
    assert name == f"{failed}s"
    assert await forecasting.pool.fetchval("select count(*) from price where suggested is not null") == 1


async def test_units_with_a_discount_are_counted_and_taken_off_with_their_sale(forecasting: Forecasting) -> None:
    bought = sale("s-1", "2026-03-02", ("A", 3, 500), ("B", 1, 250))
    bought.data.lines[0] = replace(bought.data.lines[0], discount=kroner(200))
    counted = "select sku, discounted::int as units from sales_v1.sold_day order by sku"

    await forecasting.heard(bought, sale("s-2", "2026-03-02", ("A", 2, 500)))
    assert await forecasting.rows(counted) == [{"sku": "A", "units": 3}, {"sku": "B", "units": 0}]

    await forecasting.heard(cancelled(bought, 2, "2026-03-03"))
    assert await forecasting.rows(counted) == [{"sku": "A", "units": 0}, {"sku": "B", "units": 0}]


def said(type_: type, sku: str, cut: date, **changed: Any) -> Event[Any]:
    base: dict[str, Any] = {
        "suggestion_id": f"00000000-0000-0000-0000-{cut.toordinal():012}",
        "sku": sku,
        "cut": datetime(cut.year, cut.month, cut.day, tzinfo=UTC),
        "contributions": [],
        "model": "any/1",
        "recorded_at": at(str(cut)),
    }
    data = type_(**{**base, "suggestion_id": UUID(base["suggestion_id"]), **changed})
    assert type_of("crm.insights", data)
    return event("crm.insights", data, at(str(cut)), (type_.__name__, sku, cut), sku)


async def test_after_a_restore_the_newest_that_the_topic_tells_stands(
    forecasting: Forecasting, http: httpx.AsyncClient
) -> None:
    told = [
        said(PriceSuggested, "æ", CUT, price=kroner(1000), suggested=kroner(1100), gain=5.0),
        said(PriceSuggested, "æ", NEXT, price=kroner(1100), none_because="nothing_to_gain"),
        said(ReorderSuggested, "æ", NEXT, reorder_point=7, quantity=9, stock=2, stock_out_risk=0.5),
    ]

    for batch in (told, told[:1], told):
        await forecasting.hear(recovery.subscription, batch)

    (price,) = (await get(http, "/v1/prices", sku="æ"))["items"]
    assert (price["price"], price["suggested"], price["none_because"]) == (1100, None, "nothing_to_gain")
    (order,) = (await get(http, "/v1/reorders", sku="æ"))["items"]
    assert (order["reorder_point"], order["quantity"], order["cut"]) == (7, 9, str(NEXT))


@pytest.mark.parametrize("path", ["prices", "reorders"])
async def test_they_are_listed_page_by_page(forecasting: Forecasting, http: httpx.AsyncClient, path: str) -> None:
    kind, figure = {"prices": (PriceSuggested, "gain"), "reorders": (ReorderSuggested, "stock_out_risk")}[path]
    told = [said(kind, f"p{n}", CUT, **{figure: (n % 3) / 4}) for n in range(7)]
    await forecasting.hear(recovery.subscription, told)
    listed: list[tuple[float, str]] = []
    cursor = None
    while cursor or not listed:
        page = await get(http, f"/v1/{path}", limit=2, **({"cursor": cursor} if cursor else {}))
        listed += [(-one[figure], one["sku"]) for one in page["items"]]
        cursor = page["next_cursor"]

    assert listed == sorted(listed)
    assert len(listed) == 7
