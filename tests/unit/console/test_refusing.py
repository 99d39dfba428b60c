"""Every page and every form, while all services refuse, are busy, say nonsense or nothing at all.

A page says so in its reader's words, and nothing that was typed into a form is lost.
"""

import re
from collections.abc import AsyncIterator, Mapping
from html.parser import HTMLParser

import httpx
import pytest
from aiohttp import web
from fastapi import FastAPI
from pydantic_core import to_json

from tests.unit.console.conftest import SAME
from tests.unit.console.test_attacks import _ID, _filled, _routes

TYPED = (
    *("id", "name", "kind", "status", "agent", "text", "email", "amount", "reason", "because", "party_id", "to"),
    *("since", "into", "survivor", "language", "title", "body", "category", "subject", "segment", "cause", "skills"),
)
NOTHING_TYPED = {
    *("/frauds/{assessment_id}/judge", "/models/{name}/promote", "/mails/{mail_id}/accept", "/mailings/{name}/{act}"),
    *("/acts", "/acts/{bulk_id}/stop", "/tickets/{ticket_id}/here", "/tickets/{ticket_id}/gone"),
    *("/look", "/sign-in", "/sign-out", "/logout"),
}
"""Forms of boxes and buttons alone, and those that no service hears of."""
NO_PAGES = {"/live", "/find", "/static/{name}", "/healthz", "/readyz", "/metrics"}


class Refusing:
    """Services that give one answer to whatever they are asked."""

    def __init__(self) -> None:
        self.status = 503
        self.said: Mapping[str, object] | None = None
        self.address = ""

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        await request.read()
        body = b"<html>" if self.said is None else to_json(self.said)
        return web.Response(status=self.status, body=body, content_type="application/problem+json")


class Fields(HTMLParser):
    """What stands in the fields of an answered page, by their name."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.values: dict[str, set[str]] = {}
        self._text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        name = given.get("name") or ""
        if tag == "textarea":
            self._text = name
            self.values.setdefault(name, set())
        elif tag == "input" and given.get("type") not in {"radio", "checkbox", "hidden"}:
            self.values.setdefault(name, set()).add(given.get("value") or "")

    def handle_data(self, data: str) -> None:
        if self._text:
            self.values[self._text].add(data.strip("\n"))

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self._text = ""


@pytest.fixture
async def services() -> AsyncIterator[Refusing]:
    refusing = Refusing()
    server = web.Server(refusing.answer)
    runner = web.ServerRunner(server, shutdown_timeout=0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    refusing.address = f"http://{host}:{port}"
    yield refusing
    await runner.cleanup()


@pytest.fixture
async def asked(services: Refusing, app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    front = app.state.service
    known = dict.fromkeys(("contacts", "marketing", "support", "forecasting"), services.address)
    front._settings = front._settings.model_copy(update=known)
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1", cookies={"rapport-name": "a"}) as client,
    ):
        yield client


PROBLEM = "urn:rapport:problem:"
ANSWERS: dict[str, tuple[int, Mapping[str, object] | None]] = {
    "refuses the sign-in": (401, {"type": f"{PROBLEM}unauthenticated"}),
    "forbids": (403, {"type": f"{PROBLEM}missing_scope", "detail": "needs the scope crm:write"}),
    "knows nothing": (404, {"type": f"{PROBLEM}not_found"}),
    "was changed": (409, {"type": f"{PROBLEM}stale", "detail": "version 2 stands", "state": {}}),
    "finds faults": (422, {"type": f"{PROBLEM}invalid", "errors": [{"field": "body.x", "reason": "y"}]}),
    "is busy": (429, {"type": f"{PROBLEM}busy", "detail": "busy"}),
    "has no room": (413, {"type": f"{PROBLEM}too_large", "detail": "a body has at most 2097152 bytes"}),
    "is away": (503, None),
    "says nonsense": (200, None),
}
"""Of a status and a problem document; None is no JSON."""
CHOICES = {
    "said": "accept",
    "verb": "approve",
    "act": "stop",
    "language": "en",
    "service": "contacts",
    "kind": "parked",
    "record": "1",
}


def _address(path: str) -> str:
    return _filled(re.sub(r"\{(\w+)\}", lambda each: CHOICES.get(each[1], each[0]), path))


@pytest.mark.parametrize("answer", ["forbids", "is busy", "is away", "says nonsense"])
@pytest.mark.slow
async def test_every_page_says_that_services_refuse(
    app: FastAPI, services: Refusing, asked: httpx.AsyncClient, answer: str
) -> None:
    services.status, services.said = ANSWERS[answer]
    broken = []
    for path in _routes(app, "GET"):
        if path in NO_PAGES:
            continue
        shown = await asked.get(_address(path), headers={"Accept": "text/html"})
        if shown.status_code == 500 or not (shown.is_redirect or "</html>" in shown.text):
            broken.append((path, shown.status_code))
    assert broken == []


@pytest.mark.parametrize("answer", [each for each in ANSWERS if each != "says nonsense"])
@pytest.mark.slow
async def test_nothing_that_was_typed_is_lost(
    app: FastAPI, services: Refusing, asked: httpx.AsyncClient, answer: str
) -> None:
    services.status, services.said = ANSWERS[answer]
    sent = {name: f"typed {name}" for name in TYPED}
    lost = []
    for path in _routes(app, "POST"):
        if path in NOTHING_TYPED:
            continue
        shown = await asked.post(f"{_address(path)}?party_id={_ID}", data={**sent, "key": "k"}, headers=SAME)
        found = Fields(shown.text).values
        if shown.status_code == 500 or not any(sent[name] in found.get(name, ()) for name in sent):
            lost.append((path, shown.status_code))
    assert not lost, lost


@pytest.mark.parametrize(("language", "size"), [("en", "at most 2.1 MB."), ("da", "h\u00f8jst 2,1 MB.")])
async def test_what_is_too_long_says_what_is_allowed(
    services: Refusing, asked: httpx.AsyncClient, language: str, size: str
) -> None:
    services.status, services.said = ANSWERS["has no room"]
    cookies = {"Cookie": f"rapport-name=a; rapport-language={language}"}
    refused = await asked.post("/new/agent", data={"id": "typed", "key": "k"}, headers={**SAME, **cookies})
    assert (refused.status_code, size in refused.text.replace("\u00a0", " ")) == (413, True)
    long = await asked.post(
        "/new/agent", data={"id": "x" * 2_100_000}, headers={**SAME, **cookies, "Accept": "text/html"}
    )
    assert (long.status_code, size.rstrip(".") in long.text.replace("\u00a0", " ")) == (413, True)
