import json
from datetime import UTC, date, datetime, timedelta
from typing import Any, cast

import httpx
import pytest

from services.forecasting.jobs import models, weekly
from services.forecasting.main import routers
from services.forecasting.scores.domain.churn import INPUTS, Churn, Term
from services.forecasting.settings import ForecastingSettings, Settings
from services.forecasting.subscriptions import recovery
from shared.events.insights import ModelPromoted
from shared.http.app import build_app
from shared.ids import derived_id
from tests.integration.forecasting.running import Forecasting, get, here, repeat
from tests.integration.operating import operating
from tests.unit.forecasting.facts import ADA, event, sale

OLD, NEW = date(2025, 12, 1), date(2026, 1, 5)
BGNBD = '{"r": 0.24, "alpha": 4.4, "a": 1.8, "b": 2.5, "level": 1.0}'
CHURN = Churn(0.0, tuple(Term(3.0, 1.0, 0.1, 0.0) for _ in INPUTS)).parameters()


async def fitted(forecasting: Forecasting, name: str, parameters: str, *cuts: date) -> None:
    for cut in cuts:
        await forecasting.pool.execute(
            "insert into model (name, cut, parameters, quality, recorded_at) values ($1, $2, $3, '{}', now())",
            name,
            cut,
            parameters,
        )


async def used(http: httpx.AsyncClient) -> str:
    """The model that scores are made by."""
    found: str = (await get(http, f"/v1/scores/{ADA}"))["model"]
    return found


async def promote(http: httpx.AsyncClient, name: str, cut: date | None, **headers: str) -> httpx.Response:
    body = {"cut": cut and cut.isoformat(), "agent": "staff-1"}
    return await http.post(f"/v1/models/{name}/promote", json=body, headers=headers)


async def test_an_earlier_model_takes_the_place_of_the_newest_until_that_one_is_promoted(
    http: httpx.AsyncClient, forecasting: Forecasting
) -> None:
    await forecasting.heard(sale("s-1", "2026-01-02", ("A", 1, 500)))
    await fitted(forecasting, "bgnbd", BGNBD, OLD, NEW)
    assert await used(http) == "bgnbd/2026-01-05"

    back = await promote(http, "bgnbd", OLD)
    again = await promote(http, "bgnbd", OLD)
    assert (back.status_code, back.json()["version"], again.json()["version"]) == (200, 1, 1)
    assert await used(http) == "bgnbd/2025-12-01"
    listed = (await get(http, "/v1/models", name="bgnbd"))["items"]
    assert [(one["version"], one["in_force"]) for one in listed] == [
        ("bgnbd/2026-01-05", False),
        ("bgnbd/2025-12-01", True),
    ]

    assert (await promote(http, "bgnbd", None, **{"If-Match": '"7"'})).status_code == 409
    assert (await promote(http, "bgnbd", None, **{"If-Match": '"1"'})).json()["version"] == 2
    assert await used(http) == "bgnbd/2026-01-05"
    told = [(key, data["cut"], data["version"]) for _, key, data in await forecasting.published_by_key()]
    assert told == [("bgnbd", "2025-12-01T00:00:00Z", 1), ("bgnbd", None, 2)]


@pytest.mark.parametrize(
    ("name", "cut", "status"), [("bgnbd", date(2020, 1, 6), 422), ("weekly", OLD, 404), ("gossip", None, 404)]
)
async def test_only_what_was_fitted_and_is_chosen_among_can_be_promoted(
    http: httpx.AsyncClient, forecasting: Forecasting, name: str, cut: date | None, status: int
) -> None:
    await fitted(forecasting, "bgnbd", BGNBD, OLD)

    assert (await promote(http, name, cut)).status_code == status
    assert await forecasting.published_by_key() == []


async def test_an_operator_lists_models_with_their_quality_and_rolls_back(forecasting: Forecasting, dsn: str) -> None:
    await fitted(forecasting, "churn", json.dumps(CHURN), OLD, NEW)
    await forecasting.pool.execute(
        "insert into model_measured (name, cut, until, in_force, quality, recorded_at)"
        " values ('churn', $1, $2, true, '{\"auc\": 0.87654, \"drift\": 0.02}', now())",
        OLD,
        NEW,
    )
    given = {"kafka": {"brokers": "127.0.0.1:9"}, "database": {"dsn": dsn}, "auth": {"mode": "off"}}
    async with operating(build_app(forecasting, Settings.model_validate(given), routers=routers)) as operator:
        quality, back, listed, newest, wrong, unknown = await operator.run(
            "models quality churn",
            "models promote churn 2025-12-01",
            "models list --json",
            "models promote churn newest",
            "models promote churn yesterday",
            "models promote churn 2020-01-06",
        )

    assert (quality.status, "0.877" in quality.out) == (0, True)
    assert (back.status, back.out) == (0, "churn is the model of 2025-12-01 from now on.\n")
    assert [(one["cut"], one["in_force"]) for one in listed.answer] == [("2026-01-05", False), ("2025-12-01", True)]
    assert newest.out == "churn is the model of the newest cut from now on.\n"
    assert (wrong.status, "neither a day" in wrong.err) == (2, True)
    assert (unknown.status, "there is no churn/2020-01-06" in unknown.err) == (2, True)
    assert await forecasting.pool.fetchval("select version from model_promoted") == 2


async def test_after_a_restore_the_last_promotion_holds_and_a_model_that_is_gone_is_not_used(
    http: httpx.AsyncClient, forecasting: Forecasting
) -> None:
    now = datetime(2026, 1, 7, tzinfo=UTC)
    await forecasting.heard(sale("s-1", "2026-01-02", ("A", 1, 500)))
    await fitted(forecasting, "bgnbd", BGNBD, OLD, NEW)
    told = [
        ModelPromoted(
            promotion_id=derived_id("promotion", version),
            model="bgnbd",
            promoted_by="staff-1",
            version=version,
            recorded_at=now,
            cut=datetime(cut.year, cut.month, cut.day, tzinfo=UTC),
        )
        for version, cut in ((2, OLD), (1, NEW))
    ]

    for _ in range(2):
        await forecasting.hear(recovery.subscription, [event("crm.insights", one, now, one) for one in told])

    assert await used(http) == "bgnbd/2025-12-01"
    await forecasting.pool.execute("delete from model where cut = $1", OLD)
    assert await used(http) == "bgnbd/2026-01-05"


async def test_models_are_measured_against_what_came_the_newest_as_a_shadow(
    http: httpx.AsyncClient, forecasting: Forecasting
) -> None:
    cut = NEW + timedelta(days=28)
    days = [(OLD + timedelta(days=day)).isoformat() for day in range(0, 63, 3)]
    bought = [(derived_id("p", n), day) for n in range(40) for place, day in enumerate(days) if (n + place) % 4 == 0]
    await forecasting.heard(*(sale(f"{who}-{day}", day, ("A", 1, 500), party=who) for who, day in bought))
    await fitted(forecasting, "bgnbd", BGNBD, OLD, NEW, cut)
    await fitted(forecasting, "churn", json.dumps(CHURN), OLD, NEW)
    await promote(http, "churn", OLD)

    for _ in range(2):
        await models.measure(forecasting, here, ForecastingSettings(), cut)

    churn = (await get(http, "/v1/models/churn/quality"))["items"]
    assert [(one["cut"], one["until"], one["in_force"]) for one in churn] == [
        (NEW.isoformat(), cut.isoformat(), False),
        (OLD.isoformat(), cut.isoformat(), True),
    ]
    assert all(0 <= one["quality"]["brier"] <= 1 and one["quality"]["drift"] >= 0 for one in churn)
    (lifetime,) = (await get(http, "/v1/models/bgnbd/quality"))["items"]
    assert (lifetime["version"], lifetime["in_force"]) == ("bgnbd/2026-01-05", True)
    assert lifetime["quality"]["parties"] == 40
    first = await get(http, "/v1/models/churn/quality", limit=1)
    rest = await get(http, "/v1/models/churn/quality", limit=1, cursor=first["next_cursor"])
    assert [*first["items"], *rest["items"]] == churn


TOYS = "sales:department:TOYS:week:DKK"


@pytest.mark.usefixtures("sold")
async def test_models_are_listed(http: httpx.AsyncClient, forecasting: Forecasting) -> None:
    cut = datetime(2026, 2, 9, tzinfo=UTC)
    await weekly.forecast(forecasting, cast("Any", repeat), ForecastingSettings(), cut.date())

    assert [one["version"] for one in (await get(http, "/v1/models"))["items"]] == ["weekly/2026-02-09"]
