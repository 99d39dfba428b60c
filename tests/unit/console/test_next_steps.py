"""What is suggested for a customer: shown as forecasting says it, and an agent's answer comes back there."""

from collections.abc import AsyncIterator
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import httpx
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from services.console.main import create_app
from services.console.parties.domain import end_of, standing_of
from services.console.shell.agent import NAME_COOKIE
from services.console.shell.vocabulary import TERMS
from services.forecasting.actions.domain import Known, suggest
from services.forecasting.actions.schemas import ActionView
from services.forecasting.cross_sell.domain import Advice, Offer
from tests.unit.console.conftest import ENVIRONMENT, SAME

PARTY = UUID("01a21e0a-2a35-7621-b1e7-5a96faf53f01")
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


def suggested(sku: str = "A-17", **changes: Any) -> dict[str, Any]:
    """As forecasting shows it."""
    known = Known(Advice([Offer(sku, "bought_again", 0.5)]), 0.4, "DKK", {sku: 10_000}, {}, ())
    (best,) = suggest(PARTY, known, NOW).actions
    answer = {"state": "open", "answered_by": None, "answered_at": None}
    return ActionView.model_validate({**asdict(best), **answer, **changes}).model_dump(mode="json")


@pytest.fixture
async def answers() -> list[tuple[str, Any]]:
    """What agents answered, by path."""
    return []


@pytest.fixture
async def client(monkeypatch: pytest.MonkeyPatch, answers: list[tuple[str, Any]]) -> AsyncIterator[httpx.AsyncClient]:
    """The console before a forecasting that has something to suggest; of all else nothing is known."""

    async def answer(request: web.Request) -> web.Response:
        answers.append((request.path, await request.json()))
        return web.json_response(suggested())

    async def show(request: web.Request) -> web.Response:
        declined = suggested("B-1", state="declined", answered_by="agent-2", answered_at=NOW)
        found = {
            f"/v1/overviews/{PARTY}": {
                "party_id": str(PARTY),
                "scores": None,
                "advice": {"offers": [], "none_because": None},
                "actions": [suggested(), declined],
            },
            f"/v1/parties/{PARTY}/overview": {
                "party_id": str(PARTY),
                "name": "Ada",
                "completeness": None,
                "purchases": [],
                **{name: {"items": [], "next_cursor": None} for name in ("relations", "roles")},
            },
        }
        return web.json_response(found.get(request.path, {}), status=200 if request.path in found else 404)

    application = web.Application()
    application.router.add_get("/v1/{path:.*}", show)
    application.router.add_post("/v1/{path:.*}", answer)
    async with TestServer(application) as server:
        for name, value in ENVIRONMENT.items():
            monkeypatch.setenv(name, str(server.make_url("")).rstrip("/") if "CONSOLE" in name else value)
        monkeypatch.setattr("services.console.shell.static_files.files", dict)
        monkeypatch.setattr("services.console.shell.pages.path_of", lambda name: f"/static/{name}")
        monkeypatch.setattr("services.console.main.configure_logging", lambda _: None)
        app = create_app()
        transport = httpx.ASGITransport(app=app)
        cookies = {NAME_COOKIE: "agent-1"}
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1", cookies=cookies) as asking,
        ):
            yield asking


@pytest.mark.parametrize("said", ["accept", "decline"])
async def test_an_answer_goes_back_with_who_gave_it(
    client: httpx.AsyncClient, answers: list[tuple[str, Any]], said: str
) -> None:
    shown = (await client.get(f"/parties/{PARTY}/around")).text
    path = f"/parties/{PARTY}/actions/{suggested()['action_id']}/{said}"
    assert path in shown
    assert "DKK\u00a010.00" in shown, "a chance of 0.5, of 0.4 to buy at all, and of 0.5 to be taken, of DKK 100"
    assert "agent-2" in shown
    done = await client.post(path, data={"key": "k-1"}, headers=SAME)
    assert (done.status_code, done.headers["location"]) == (303, f"/parties/{PARTY}/around")
    assert answers == [(f"/v1/actions/{suggested()['action_id']}/{said}", {"agent": "agent-1"})]


def test_what_a_suggestion_is_made_of_has_words() -> None:
    best = suggested()
    assert {each["input"] for each in best["reasons"]} | {"buys_nothing_within_28_days"} == set(TERMS["factor"])
    assert {"bought_again", "goes_with", "win_back", "open", "accepted", "declined"} == set(TERMS["action"])


def test_what_had_expired_when_the_last_was_made_is_not_shown() -> None:
    before = suggested("B-1", suggested_at=NOW - timedelta(days=20), expires_at=NOW - timedelta(days=6))
    beside = suggested("C-1", expected=5_000.0)
    declined = suggested("D-1", state="declined", suggested_at=NOW + timedelta(days=60))
    assert [each["sku"] for each in standing_of([before, suggested(), beside, declined])] == ["C-1", "A-17"]
    assert standing_of([before]) == [before]
    assert standing_of([]) == []


@pytest.mark.parametrize(
    ("day", "zone", "end"),
    [
        (date(2026, 3, 29), "Europe/Copenhagen", datetime(2026, 3, 29, 22, tzinfo=UTC)),
        (date(2026, 10, 25), "Europe/Copenhagen", datetime(2026, 10, 25, 23, tzinfo=UTC)),
        (date(2026, 1, 1), "Pacific/Kiritimati", datetime(2026, 1, 1, 10, tzinfo=UTC)),
    ],
)
def test_a_day_ends_at_midnight_where_it_is_looked_at(day: date, zone: str, end: datetime) -> None:
    """Also where it has 23 hours or 25."""
    assert end_of(day, ZoneInfo(zone)) == end
