"""Cross-sell on a real database: pairs learnt at a cut, advice over HTTP."""

import random
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import pytest

from services.forecasting.cross_sell import store
from services.forecasting.cross_sell.domain import SHOWN, Bought, Known, Pair, advise
from services.forecasting.jobs import cross_sell
from services.forecasting.settings import ForecastingSettings
from shared.engine.event import Event
from shared.ids import derived_id
from tests.integration.forecasting.running import Forecasting, get, here
from tests.unit.forecasting.facts import ADA, BO, cancelled, disputed, moved, refund, sale, triaged

CUT = date(2026, 3, 2)
SETTINGS = ForecastingSettings()
PARTIES = [derived_id("party", "pairs", n) for n in range(80)]


@pytest.fixture
async def paired(forecasting: Forecasting) -> None:
    """Bread and butter go together; salt and soap are bought by everybody now and then."""
    found = []
    for number, party in enumerate(PARTIES):
        lines = [("bread", 1, 10), ("butter", 1, 10)] if number % 3 == 0 else [("salt", 1, 10)]
        lines += [("soap", 1, 10)] if number % 2 else []
        found.append(sale(f"s-{number}", "2026-02-02", *lines, party=party))
    ada = sale("a-1", "2026-02-02", ("bread", 1, 10))
    await forecasting.heard(*found, ada, sale("a-2", "2026-02-09", ("bread", 1, 10)))
    forecasting.now = datetime(2026, 3, 2, tzinfo=UTC)
    await cross_sell.pair(forecasting, here, SETTINGS, CUT)


async def advice(http: httpx.AsyncClient, party: object = ADA) -> Any:
    return await get(http, "/v1/cross-sell", party_id=str(party))


@pytest.mark.usefixtures("paired")
async def test_a_party_is_advised_on_by_its_own_repeats_and_by_what_others_buy_with_them(
    http: httpx.AsyncClient,
) -> None:
    found = await advice(http)
    assert found["trained_until"] == "2026-03-02"
    again, new = found["offers"]
    assert (again["sku"], again["reason"], again["probability"]) == ("bread", "bought_again", 1.0)
    assert (new["sku"], new["because_of"], new["buyers"], new["together"]) == ("butter", "bread", 28, 27)
    assert new["lift"] > 2
    assert new["chance"] < 0.001
    unknown = await advice(http, derived_id("party", "nobody"))
    assert unknown["offers"] == []
    assert "fewer than 2 days" in unknown["none_because"]


@pytest.mark.usefixtures("paired")
async def test_what_was_sent_back_disputed_or_cancelled_is_not_offered(
    forecasting: Forecasting, http: httpx.AsyncClient
) -> None:
    bought = sale("a-3", "2026-02-10", ("soap", 1, 10))
    await forecasting.heard(bought, sale("a-4", "2026-02-11", ("soap", 1, 10), ("salt", 1, 10)))
    assert {one["sku"] for one in (await advice(http))["offers"]} >= {"soap", "bread"}

    await forecasting.heard(cancelled(bought, 2, "2026-02-12"))
    assert "soap" not in {one["sku"] for one in (await advice(http))["offers"]}
    await forecasting.heard(refund("r-1", "2026-02-12", 10, of="a-1"))
    assert (await advice(http))["offers"] == []

    await forecasting.heard(sale("b-1", "2026-02-09", ("bread", 1, 10), party=BO))
    await forecasting.heard(sale("b-2", "2026-02-10", ("bread", 1, 10), party=BO))
    assert len((await advice(http, BO))["offers"]) == 2
    await forecasting.heard(disputed("d-1", "2026-02-12", party=BO, of="b-1"))
    assert (await advice(http, BO))["offers"] == []


URGENT = triaged("t-1", "2026-02-12", "urgent")
LIFE = [moved("t-1", f"2026-02-{13 + at}", status) for at, status in enumerate(("resolved", "reopened", "closed"))]


@pytest.mark.parametrize(
    ("happened", "blocked"),
    [
        ([URGENT], True),
        ([URGENT, *LIFE[:1]], False),
        ([URGENT, *LIFE[:2]], True),
        ([URGENT, *LIFE], False),
        ([*LIFE[:1], URGENT], False),  # called urgent after it was resolved
        ([*LIFE[:1], URGENT, LIFE[1]], True),
        ([triaged("t-1", "2026-02-12", "low"), *LIFE[:2]], False),
    ],
)
@pytest.mark.parametrize("size", [1, 2, 4])
@pytest.mark.usefixtures("paired")
async def test_nothing_is_offered_while_an_urgent_request_is_open(
    forecasting: Forecasting, http: httpx.AsyncClient, happened: list[Event[Any]], size: int, *, blocked: bool
) -> None:
    for begin in range(0, len(happened), size):
        await forecasting.heard(*happened[begin : begin + size])

    found = await advice(http)

    assert (found["offers"] == [], "urgent" in (found["none_because"] or "")) == (blocked, blocked)


@pytest.mark.usefixtures("paired")
async def test_the_pairs_of_a_cut_take_the_place_of_those_before(forecasting: Forecasting) -> None:
    before = await forecasting.rows("select sku, other from goes_with order by sku, other")
    assert [(row["sku"], row["other"]) for row in before] == [("bread", "butter"), ("butter", "bread")]
    await cross_sell.pair(forecasting, here, SETTINGS, CUT + timedelta(days=400))
    assert await forecasting.rows("select 1 from goes_with") == []


async def test_what_the_database_picks_of_all_pairs_is_what_the_rule_picks(forecasting: Forecasting) -> None:
    """Few numbers are drawn, so that many pairs are equally sure."""
    dice = random.Random(7)
    names = [f"p{number:02}" for number in range(30)]
    pairs = [
        Pair(one, other, 100, buyers, dice.randint(1, buyers), 2.0, 0.01)
        for one in names
        for other in names
        if one != other and dice.random() < 0.6
        for buyers in [dice.choice((2, 4, 8))]
    ]
    of_product = {name: [pair for pair in pairs if pair.sku == name] for name in names}
    async with forecasting.read() as tx:
        await store.replace_pairs(tx, CUT, pairs)
        for _ in range(40):
            bought = [Bought(name, dice.randint(1, 3), CUT) for name in dice.sample(names, dice.randint(0, 12))]
            known = Known(3, bought, {*dice.sample(names, 2)}, {*dice.sample(names, 1)}, 0)
            asked = [one.sku for one in bought if one.sku not in known.never]
            picked = await store.load_best(tx, asked, known.never | known.has, SHOWN)
            assert advise(known, picked, learnt=True) == advise(known, of_product, learnt=True)
