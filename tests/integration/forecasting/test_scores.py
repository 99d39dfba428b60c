from datetime import date
from math import exp
from typing import Any
from uuid import UUID

import httpx
import pytest
from pydantic_core import to_json

from services.forecasting.scores import commands, store
from services.forecasting.scores.domain.churn import INPUTS, WINDOWS, Churn, Term
from services.forecasting.scores.domain.habits import Buying
from services.forecasting.scores.domain.lifetime import History, Lifetime
from tests.integration.forecasting.running import Forecasting, get
from tests.unit.forecasting.facts import ADA

TOYS = "sales:department:TOYS:week:DKK"


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
async def test_churn_is_said_with_what_it_is_made_of(http: httpx.AsyncClient, forecasting: Forecasting) -> None:
    terms = Churn(-1.0, (Term(2.0, 1.0, 0.5, 0.1),) * len(INPUTS))
    await forecasting.pool.execute(
        "insert into model values ('bgnbd', '2026-02-16', $1, '{}', now()), ('churn', '2026-02-16', $2, '{}', now())",
        '{"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426, "level": 1.1}',
        to_json(terms.parameters()).decode(),
    )

    found = await get(http, f"/v1/scores/{ADA}")

    (churn,) = [one for one in found["scores"] if one["score"] == "churn_28d"]
    assert churn["model"] == "churn/2026-02-16"
    given = {part["input"]: part["value"] for part in churn["contributions"]}
    assert (given["days_since_last_purchase"], given["purchase_days"], given["days_since_first_purchase"]) == (
        13,
        2,
        28,
    )
    assert [given[f"purchase_days_in_{days}"] for days in WINDOWS] == [1, 1, 2, 2]
    odds = -1.0 + sum(part["effect"] for part in churn["contributions"])
    assert churn["value"] == pytest.approx(1 / (1 + exp(-odds)), abs=1e-4)


@pytest.mark.usefixtures("sold")
async def test_health_is_of_what_is_known_today_under_all_ids(
    http: httpx.AsyncClient, forecasting: Forecasting
) -> None:
    """Disputes that are open count, wherever they stand; those that are over do not."""
    terms = Churn(-1.0, (Term(2.0, 1.0, 0.0, 0.0),) * len(INPUTS))
    await forecasting.pool.execute(
        "insert into model values ('bgnbd', '2026-02-16', $1, '{}', now()), ('churn', '2026-02-16', $2, '{}', now())",
        '{"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426, "level": 1.1}',
        to_json(terms.parameters()).decode(),
    )
    (calm,) = [one for one in (await get(http, f"/v1/scores/{ADA}"))["scores"] if one["score"] == "health"]
    await forecasting.pool.execute("insert into party_alias values ($1, $2, $3)", UUID(int=7), ADA, UUID(int=8))
    await forecasting.pool.execute(
        "insert into sales_v1.dispute (dispute_id, party_id, raised_at, closed_at) values "
        "($1, $4, '2026-02-20', null), ($2, $5, '2026-02-21', null), ($3, $5, '2026-02-22', '2026-02-23')",
        *(UUID(int=n) for n in (1, 2, 3)),
        ADA,
        UUID(int=7),
    )

    (found,) = [one for one in (await get(http, f"/v1/scores/{UUID(int=7)}"))["scores"] if one["score"] == "health"]

    assert (calm["model"], calm["band"]) == ("health/2026-02-16", "healthy")
    given = {part["input"]: part["value"] for part in found["contributions"]}
    assert (given["churn_28d"], given["open_disputes"]) == (pytest.approx(1 / (1 + exp(1)), abs=1e-4), 2)
    assert found["value"] == pytest.approx(1 + sum(part["effect"] for part in found["contributions"]), abs=1e-4)
    assert found["value"] < calm["value"]


@pytest.mark.usefixtures("sold")
async def test_what_came_after_a_cut_is_counted_in_days(forecasting: Forecasting) -> None:
    async with forecasting.read() as tx:
        stayed, left, nobody = [
            await store.load_came(tx, day, 1000) for day in (date(2026, 2, 3), date(2026, 2, 23), date(1, 1, 1))
        ]

    bought = History(date(2026, 2, 2), date(2026, 2, 2), 1, (1, 1, 1, 1))
    assert (len(stayed), stayed.unpack()) == (1, [(bought, 1)])
    assert sorted((history.days, came) for history, came in left.unpack()) == [(1, 0), (2, 0)]
    assert (len(nobody), nobody.unpack()) == (0, [])


async def test_fifths_are_of_all_parties_that_bought_in_the_year(
    http: httpx.AsyncClient, forecasting: Forecasting
) -> None:
    """Each later, more often and for more than the one before it; under two ids a party is one."""
    cut = date(2026, 3, 2)
    await forecasting.pool.execute(
        "insert into sales_v1.purchase_day select ('00000000-0000-0000-0000-' || lpad(n::text, 12, '0'))::uuid, "
        "date '2026-03-01' - (60 - n) - 70 * k, 'DKK', 1, n * 10 + 10::numeric ^ 20 * (n = 60)::int "
        "from generate_series(1, 60) n, generate_series(0, least((n - 1) / 12, 4)) k"
    )
    async with forecasting.transaction() as tx:
        await commands.save_lifetime(tx, cut, Buying(Lifetime(0.243, 4.414, 0.793, 2.426)), {})
        assert await commands.fit_fifths(tx, cut) == 60

    async def rfm(number: int) -> dict[str, Any]:
        found = (await get(http, f"/v1/scores/{UUID(int=number)}"))["scores"]
        return next(one for one in found if one["score"] == "rfm")

    best, worst, other = await rfm(0x60), await rfm(0x13), await rfm(0x1)
    assert (best["value"], best["band"], best["model"]) == (1.0, "champion", "rfm/2026-03-02")
    assert (other["band"], worst["band"]) == ("bought_once", "sleeping")
    await forecasting.pool.execute(
        "insert into party_alias values ($1, $2, $3)", UUID(int=0x13), UUID(int=0x60), UUID(int=8)
    )
    assert {part["input"]: part["value"] for part in (await rfm(0x13))["contributions"]} == {
        "days_since_last_purchase": 1,
        "purchase_days_in_year": 7,
        "spent_in_year": pytest.approx(5e20),
    }


async def test_of_few_parties_there_are_no_fifths(forecasting: Forecasting) -> None:
    async with forecasting.transaction() as tx:
        assert await commands.fit_fifths(tx, date(2026, 3, 2)) == 0
    assert await forecasting.rows("select name from model") == []
