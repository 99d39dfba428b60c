"""The frame of every page: who may see it, what every answer carries, and which forms are taken."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute, iter_route_contexts
from markupsafe import escape

from services.console.main import create_app
from services.console.shell.agent import agent_of
from services.console.shell.asking import Trouble
from services.console.shell.guard import HEADERS
from services.console.shell.pages import page_of
from services.console.shell.tags import Moments, badge
from services.console.shell.words import Words
from shared.errors import ConfigurationError
from tests.unit.console.conftest import ENVIRONMENT, SAME

_LOGIN = {"/login", "/login/callback", "/login/bye", "/logout"}
OPEN = {"/sign-in", "/sign-out", *_LOGIN, "/static/{name}", "/healthz", "/readyz", "/metrics"}


def test_every_page_asks_who_looks(app: FastAPI) -> None:
    unknown = {
        context.path_format
        for context in iter_route_contexts(list(app.routes))
        if isinstance(getattr(context, "original_route", None) or getattr(context, "route", None), APIRoute)
        and not _depends_on(context.dependant, {agent_of, page_of})
    }
    assert unknown == OPEN


def _depends_on(dependant: object, wanted: set[object]) -> bool:
    found = getattr(dependant, "dependencies", ())
    return any(each.call in wanted or _depends_on(each, wanted) for each in found)


async def test_a_stranger_is_sent_to_sign_in_and_back(client: httpx.AsyncClient) -> None:
    client.cookies.clear()
    sent = await client.get("/tickets?status=new")
    assert (sent.status_code, sent.headers["location"]) == (303, "/sign-in?next=/tickets%3Fstatus%3Dnew")
    form = {"name": "agent-1", "next": "/tickets?status=new"}
    back = await client.post("/sign-in", data=form, headers=SAME)
    assert (back.status_code, back.headers["location"]) == (303, "/tickets?status=new")
    assert "HttpOnly" in back.headers["set-cookie"]
    assert "SameSite=lax" in back.headers["set-cookie"]


@pytest.mark.parametrize("following", ["https://elsewhere.example/", "//elsewhere.example/", "/\\elsewhere.example"])
async def test_nobody_is_sent_elsewhere_after_signing_in(client: httpx.AsyncClient, following: str) -> None:
    back = await client.post("/sign-in", data={"name": "agent-1", "next": following}, headers=SAME)
    assert back.headers["location"] == "/"


@pytest.mark.parametrize("name", ["", " ", "Ada Holm", "ada@example.com", "a" * 101, "ada\0"])
@pytest.mark.slow
async def test_a_name_is_one_that_may_stand_on_topics(client: httpx.AsyncClient, name: str) -> None:
    refused = await client.post("/sign-in", data={"name": name}, headers=SAME)
    assert refused.status_code == 422
    assert 'aria-invalid="true"' in refused.text


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://127.0.0.1"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "http://elsewhere.example"},
        {"Origin": "null"},
    ],
)
async def test_a_form_of_another_site_does_nothing(client: httpx.AsyncClient, headers: dict[str, str]) -> None:
    refused = await client.post("/look", data={"theme": "dark"}, headers=headers)
    assert refused.status_code == 403
    assert "set-cookie" not in refused.headers


@pytest.mark.parametrize("headers", [SAME, {"Origin": "http://127.0.0.1"}])
@pytest.mark.slow
async def test_a_form_of_ours_is_taken(client: httpx.AsyncClient, headers: dict[str, str]) -> None:
    taken = await client.post("/look", data={"theme": "dark", "language": "xx"}, headers=headers)
    assert taken.status_code == 303
    assert [name for name in taken.cookies if name.startswith("rapport-")] == ["rapport-theme"]


@pytest.mark.parametrize("path", ["/", "/design", "/sign-in", "/parties", "/nowhere", "/parties/nobody"])
async def test_every_answer_carries_what_protects_it(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path)
    assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    for inline in (" style=", " onclick=", "<style", "<script>", "javascript:"):
        assert inline not in answer.text


@pytest.mark.parametrize(
    ("path", "status"),
    [("/", 200), ("/parties", 200), ("/operations", 200), ("/follow-ups", 200), ("/tickets/" + "0" * 8, 404)],
)
async def test_services_that_are_away_take_no_page_away(client: httpx.AsyncClient, path: str, status: int) -> None:
    answer = await client.get(path)
    assert answer.status_code == status
    assert "</html>" in answer.text


@pytest.mark.slow
async def test_the_page_of_one_thing_says_which_service_is_away(client: httpx.AsyncClient) -> None:
    answer = await client.get("/tickets/01a21a0a-7237-7b83-b613-b5a24ae8bd19")
    assert answer.status_code == 503
    assert "Support does not answer" in answer.text
    ready = await client.get("/readyz")
    assert (ready.status_code, ready.json()["status"]) == (200, "degraded")


def test_what_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("RAPPORT_CONSOLE__SUPPORT")
    with pytest.raises(ConfigurationError, match="RAPPORT_CONSOLE__SUPPORT is not set"):
        create_app()


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (307, "missing"),
        (401, "forbidden"),
        (403, "forbidden"),
        (404, "missing"),
        (409, "stale"),
        (422, "refused"),
        (500, "away"),
    ],
)
def test_what_a_service_answers_has_a_meaning_for_people(status: int, kind: str) -> None:
    assert Trouble("contacts", status, {}).kind == kind


@pytest.mark.parametrize(("reason", "kind"), [("stale", "stale"), ("not_assignable", "refused")])
def test_a_conflict_that_reading_again_does_not_cure_is_said_in_its_own_words(reason: str, kind: str) -> None:
    assert Trouble("support", 409, {"type": f"urn:rapport:problem:{reason}"}).kind == kind


def test_the_smallest_parts_escape_what_they_say() -> None:
    assert escape(badge("<b>", '"x')) == '<span class="badge &#34;x">&lt;b&gt;</span>'
    words = Words("en", ZoneInfo("Europe/Copenhagen"), datetime.now(UTC))
    assert escape(Moments(words).when("2026-03-12T13:05:00Z")) == (
        '<time datetime="2026-03-12T13:05:00Z" title="Thursday, 12 March 2026, 14:05:00 CET">12 Mar 2026, 14:05</time>'
    )
    assert escape(Moments(words).day("2026-03-12")) == '<time datetime="2026-03-12">12 Mar 2026</time>'
