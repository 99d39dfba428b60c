"""Next best actions on a real database: suggested, answered and learnt from over HTTP."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import pytest
from pydantic import TypeAdapter

from services.forecasting import subscriptions
from services.forecasting.jobs import actions, cross_sell
from services.forecasting.models import commands as models
from services.forecasting.settings import ForecastingSettings
from shared.engine.event import Event
from shared.events.insights import ActionAccepted, ActionSuggested
from shared.ids import derived_id
from tests.integration.forecasting.running import Forecasting, get, here
from tests.unit.forecasting.facts import ADA, event, sale, triaged

CUT = date(2026, 3, 2)
NOW = datetime(2026, 3, 2, tzinfo=UTC)
PARTIES = [derived_id("party", "next", n) for n in range(60)]
_MODEL = {"r": 0.24, "alpha": 4.4, "a": 0.8, "b": 2.5, "level": 1.0}


@pytest.fixture
async def advised(forecasting: Forecasting) -> None:
    """Ada buys bread every week; who buys bread buys butter, which is dear, and those without bread do not."""
    found: list[Event[Any]] = []
    for number, party in enumerate(PARTIES):
        lines = [("bread", 1, 10), ("butter", 1, 300)] if number % 3 == 0 else [("salt", 1, 10)]
        found.append(sale(f"n-{number}", "2026-02-02", *lines, party=party))
    found += [sale(f"a-{n}", f"2026-02-{2 + 7 * n:02}", ("bread", 1, 10)) for n in range(4)]
    await forecasting.heard(*found)
    forecasting.now = NOW
    await cross_sell.pair(forecasting, here, ForecastingSettings(), CUT)
    for _ in range(2):
        await actions.price(forecasting, CUT)
    async with forecasting.transaction() as tx:
        await models.save_model(tx, "bgnbd", CUT, _MODEL, {})


async def suggested(http: httpx.AsyncClient) -> Any:
    answer = await http.post("/v1/actions", json={"party_id": str(ADA)})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def said(forecasting: Forecasting, type_: str) -> list[dict[str, Any]]:
    return [data for kind, data in await forecasting.published() if kind == type_]


@pytest.mark.usefixtures("advised")
async def test_what_brings_most_is_suggested_once_with_what_it_was_multiplied_of(
    forecasting: Forecasting, http: httpx.AsyncClient
) -> None:
    found = await suggested(http)
    assert [(one["sku"], one["kind"], one["value"]["minor"]) for one in found["actions"]] == [
        ("butter", "goes_with", 300),
        ("bread", "bought_again", 10),
    ]
    for one in found["actions"]:
        factors = {part["input"]: part["value"] for part in one["reasons"]}
        product = factors["probability"] * factors["buys_within_28_days"] * factors["accepted_of_its_kind"]
        assert one["expected"] == pytest.approx(product * factors["value"], rel=1e-3)
        assert datetime.fromisoformat(one["expires_at"]) == NOW + timedelta(days=14)
    assert await suggested(http) == found
    assert [one["sku"] for one in await said(forecasting, "action.suggested")] == ["butter", "bread"]
    listed = (await get(http, "/v1/actions", party_id=str(ADA)))["items"]
    assert {one["action_id"] for one in listed} == {one["action_id"] for one in found["actions"]}


@pytest.mark.usefixtures("advised")
async def test_answers_are_told_once_and_learnt_from(forecasting: Forecasting, http: httpx.AsyncClient) -> None:
    butter, bread = (await suggested(http))["actions"]
    for _ in range(2):
        answer = await http.post(f"/v1/actions/{butter['action_id']}/decline", json={"agent": "staff-1"})
        assert (answer.status_code, answer.json()["state"]) == (200, "declined")
    assert [one["answered_by"] for one in await said(forecasting, "action.declined")] == ["staff-1"]
    assert [one["sku"] for one in (await suggested(http))["actions"]] == ["bread"]
    other = await http.post(f"/v1/actions/{butter['action_id']}/accept", json={"agent": "staff-1"})
    assert (other.status_code, other.json()["state"]["state"]) == (422, "declined")

    forecasting.now = NOW + timedelta(days=30)
    late = await http.post(f"/v1/actions/{bread['action_id']}/accept", json={"agent": "staff-1"})
    assert late.status_code == 422
    await forecasting.heard(sale("a-back", "2026-03-31", ("bread", 1, 10)))
    [again] = [one for one in (await suggested(http))["actions"] if one["sku"] == "butter"]
    assert {part["input"]: part["value"] for part in again["reasons"]}["accepted_of_its_kind"] == pytest.approx(1 / 3)
    assert (await http.post(f"/v1/actions/{ADA}/accept", json={"agent": "a"})).status_code == 404


@pytest.mark.usefixtures("advised")
async def test_nothing_is_suggested_into_an_urgent_request_or_without_a_model(
    forecasting: Forecasting, http: httpx.AsyncClient
) -> None:
    await forecasting.empty("model")
    found = await suggested(http)
    assert (found["actions"], found["none_because"]) == ([], "no model of purchases has been fitted yet")
    await forecasting.heard(triaged("t-1", "2026-03-01", "urgent"))
    found = await suggested(http)
    assert (found["actions"], found["none_because"]) == ([], "an urgent request of the party is open")
    assert await said(forecasting, "action.suggested") == []


@pytest.mark.usefixtures("advised")
async def test_suggestions_and_answers_come_back_after_a_restore(
    forecasting: Forecasting, http: httpx.AsyncClient
) -> None:
    butter = (await suggested(http))["actions"][0]
    await http.post(f"/v1/actions/{butter['action_id']}/accept", json={"agent": "staff-1"})
    before = await get(http, "/v1/actions", party_id=str(ADA))
    told = [TypeAdapter(ActionSuggested).validate_python(one) for one in await said(forecasting, "action.suggested")]
    took = [TypeAdapter(ActionAccepted).validate_python(one) for one in await said(forecasting, "action.accepted")]
    await forecasting.empty("action")
    events = [event("crm.insights", one, NOW, ("action", n), str(ADA)) for n, one in enumerate([*told, *took])]
    for _ in range(2):
        await forecasting.hear(subscriptions.recovery.subscription, events)
    assert await get(http, "/v1/actions", party_id=str(ADA)) == before


@pytest.mark.usefixtures("advised")
async def test_who_fell_silent_is_won_back_once_and_that_is_learnt_from(
    forecasting: Forecasting, http: httpx.AsyncClient
) -> None:
    forecasting.now = NOW + timedelta(days=60)
    butter, bread = (await suggested(http))["actions"]
    assert (butter["sku"], butter["kind"], bread["kind"]) == ("butter", "win_back", "bought_again")
    factors = {part["input"]: part["value"] for part in butter["reasons"]}
    assert factors["buys_nothing_within_28_days"] > 0.5
    assert butter["expected"] == pytest.approx(
        factors["probability"] * factors["buys_nothing_within_28_days"] * 0.5 * 300, rel=1e-3
    )
    assert [one["action"] for one in await said(forecasting, "action.suggested")] == ["win_back", "bought_again"]
    answer = await http.post(f"/v1/actions/{butter['action_id']}/accept", json={"agent": "staff-1"})
    assert answer.json()["kind"] == "win_back"
    assert [(one["sku"], one["kind"]) for one in (await suggested(http))["actions"]] == [("bread", "bought_again")]

    forecasting.now += timedelta(days=29)
    again = (await suggested(http))["actions"][0]
    taken = {part["input"]: part["value"] for part in again["reasons"]}["accepted_of_its_kind"]
    assert (again["kind"], taken) == ("win_back", pytest.approx(2 / 3))
