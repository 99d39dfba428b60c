"""Every page and every form of the console with the tokens of each right, over services that answer everybody.

What the services refuse is looked at by tests/contract/test_scopes.py; here they refuse nothing, so that whatever the
console shows or does beyond a token's rights comes to light.
"""

import re
import time
from collections.abc import AsyncIterator
from html import escape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import quote, urljoin, urlsplit

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fastapi import FastAPI

from deploy.embedded import EmbeddedStack
from services.console.main import create_app
from services.console.shell.asking import Asked
from services.console.shell.rights import rights_of
from shared.run.discovery import SERVICES
from tests.browser.agents import Customer
from tests.browser.test_console import pages_of
from tests.contract.test_scopes import expected
from tests.unit.console.test_attacks import _ID, _filled, _routes
from tests.unit.http.tokens import AUDIENCE, ISSUER, jwks, token

RIGHTS = {
    "reader": "crm:read",
    "agent": "crm:read crm:write",
    "writer": "crm:write",
    "operator": "crm:read crm:admin",
    "eraser": "crm:read crm:erase",
    "everything": "crm:read crm:write crm:admin crm:erase",
    "customer": "party:own",
    "nothing": "",
}
OPEN = {"/design", "/sign-in", "/static/{name}", "/healthz", "/readyz", "/metrics", "/login", "/login/callback",
        "/login/bye", "/sign-out", "/logout"}  # fmt: skip
"""What strangers see too; it shows nothing of anybody."""
STREAM = "/live"
A_PAGE = 3
"""So many addresses of each route are looked at."""


class Shown(HTMLParser):
    """Where the links and forms of a page lead, as (method, address)."""

    def __init__(self, where: str, page: str) -> None:
        super().__init__()
        self._where, self._form = where, ("GET", where)
        self.ways: set[tuple[str, str]] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "form" and given.get("method") != "dialog":
            self._form = (given.get("method") or "get").upper(), given.get("action") or self._where
            self._add(*self._form)
        if "formaction" in given:
            self._add(self._form[0], given["formaction"] or "")
        for name in ("href", "src", "hx-get", "data-live"):
            if tag != "link" and given.get(name):
                self._add("GET", given[name] or "")
        for name in ("hx-post", "data-here"):
            if given.get(name):
                self._add("POST", given[name] or "")

    def _add(self, method: str, address: str) -> None:
        parts = urlsplit(urljoin(self._where, address))
        if parts.netloc in {"", "127.0.0.1"} and parts.scheme in {"", "http"} and not address.startswith("#"):
            self.ways.add((method, parts.path + (f"?{parts.query}" if parts.query else "")))


class Heard:
    """What the services were asked."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked: list[tuple[str, str]] = []
        ask, download = Asked._ask, Asked.download

        async def noted(asked: Asked, service: Any, method: str, path: str, *args: Any, **more: Any) -> Any:
            self.asked.append((method, path))
            return await ask(asked, service, method, path, *args, **more)

        async def loaded(asked: Asked, service: Any, path: str) -> Any:
            self.asked.append(("GET", path))
            return await download(asked, service, path)

        monkeypatch.setattr(Asked, "_ask", noted)
        monkeypatch.setattr(Asked, "download", loaded)

    def needed(self) -> set[str | None]:
        """The rights that it took, as the services' routes have them."""
        asked = {(method, "/v1/" + path.partition("?")[0]) for method, path in self.asked}
        self.asked.clear()
        return {expected(method, re.sub("^/v1/models/[^/]+/", "/v1/models/{name}/", path)) for method, path in asked}


@pytest.fixture
def app(stack: EmbeddedStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FastAPI:
    """The console with an issuer, in front of the services of the running system."""
    (tmp_path / "jwks.json").write_text(jwks("EdDSA"))
    settings = {"MODE": "jwt", "ISSUER": ISSUER, "AUDIENCE": AUDIENCE, "JWKS": str(tmp_path / "jwks.json")}
    for name, value in settings.items():
        monkeypatch.setenv(f"RAPPORT_AUTH__{name}", value)
    for service in SERVICES:
        monkeypatch.setenv(f"RAPPORT_CONSOLE__{service.upper()}", stack.url(service))
    monkeypatch.setenv("RAPPORT_CONSOLE__WAIT_S", "60")
    monkeypatch.setattr("services.console.main.configure_logging", lambda _: None)
    return create_app()


@pytest.fixture
async def asked(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1", timeout=120) as client,
    ):
        yield client


def signed_in(scope: str, **claims: Any) -> dict[str, str]:
    said = token("EdDSA", **{"exp": time.time() + 3_600, "scope": scope, "sub": "agent-1", **claims})
    return {"Authorization": f"Bearer {said}", "Accept": "text/html", "Sec-Fetch-Site": "same-origin"}


def route_of(routes: list[str], path: str) -> str | None:
    """The route that takes a path; of two that do, the one with fewer blanks."""
    fits = [each for each in routes if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", each), path)]
    return min(fits, key=lambda each: each.count("{"), default=None)


async def walk(app: FastAPI, asked: httpx.AsyncClient, ada: Customer) -> dict[str, list[str]]:
    """Addresses of each route that links lead to, from the first page on, with every right."""
    routes, headers = list(_routes(app, "GET")), signed_in(RIGHTS["everything"])
    waiting, found, seen = ["/", *pages_of(ada).values()], dict[str, list[str]](), set[str]()
    while waiting:
        address = waiting.pop(0)
        route = route_of(routes, urlsplit(address).path)
        if address in seen or route is None or route in OPEN or route == STREAM or len(found.get(route, ())) >= A_PAGE:
            continue
        seen.add(address)
        shown = await asked.get(address, headers=headers)
        if shown.status_code == 200:
            found.setdefault(route, []).append(address)
            waiting += sorted(each for method, each in Shown(address, shown.text).ways if method == "GET")
    return found


def beyond(scope: str, where: str, page: str) -> list[tuple[str, str]]:
    """What a page offers that its reader has no right to."""
    return [
        (method, way)
        for method, way in sorted(Shown(where, page).ways)
        if (path := urlsplit(way).path) not in OPEN
        and not path.startswith("/static/")
        and path not in {"/", urlsplit(where).path}
        and not rights_of(method, path) <= {*scope.split()}
    ]


async def test_pages_show_and_offer_what_a_token_opens_and_nothing_else(
    app: FastAPI, asked: httpx.AsyncClient, ada: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = await walk(app, asked, ada)
    assert len(found) > 50, sorted(found)
    absent = {_filled(route) for route in {*_routes(app, "GET")} - {*found, *OPEN, STREAM}}
    found["of which there is none here"] = sorted(absent)
    found["/find"] = ["/find?q=", f"/find?q={quote(ada.email)}", "/find?q=new"]
    heard, wrong = Heard(monkeypatch), list[Any]()
    for name, scope in RIGHTS.items():
        headers = signed_in(scope, party_id=ada.party_id)
        for address in (each for addresses in found.values() for each in addresses):
            shown = await asked.get(address, headers=headers)
            allowed = rights_of("GET", urlsplit(address).path) <= {*scope.split()}
            said, needed = shown.text.replace(escape(address), ""), heard.needed()
            if (allowed and not (shown.status_code == 200 or address in absent)) or not needed <= {*scope.split()}:
                wrong.append((name, address, shown.status_code, needed))
            if not allowed and (shown.status_code != 403 or "You may not see this" not in said or ada.email in said):
                wrong.append((name, address, shown.status_code))
            wrong += [(name, address, way) for way in beyond(scope, address, shown.text)]
    assert not wrong, wrong


async def test_forms_are_taken_from_whoever_may_send_them_and_nothing_is_lost(
    app: FastAPI, asked: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only of those who may not: what the others send would be done."""
    heard, wrong = Heard(monkeypatch), list[Any]()
    for name, scope in RIGHTS.items():
        headers = signed_in(scope)
        for route in _routes(app, "POST"):
            if route in OPEN or rights_of("POST", _filled(route)) <= {*scope.split()}:
                continue
            sent = await asked.post(_filled(route), data={"text": "What I typed"}, headers=headers)
            if sent.status_code != 403 or heard.asked or "What I typed" not in sent.text:
                wrong.append((name, route, sent.status_code, heard.asked))
            heard.asked.clear()
    assert not wrong, wrong


@pytest.mark.parametrize(
    "claims",
    [
        pytest.param({"exp": time.time() - 600}, id="expired"),
        pytest.param({"aud": "somebody-else"}, id="of another audience"),
        pytest.param({"iss": "https://elsewhere.example"}, id="of another issuer"),
        pytest.param({"sub": " "}, id="of nobody"),
        pytest.param({"key": Ed25519PrivateKey.generate()}, id="signed by somebody else"),
    ],
)
async def test_a_token_that_cannot_be_trusted_opens_nothing(
    app: FastAPI, asked: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, claims: dict[str, Any]
) -> None:
    heard, wrong = Heard(monkeypatch), list[Any]()
    headers = signed_in(RIGHTS["everything"], **claims)
    for method in ("GET", "POST"):
        for route in _routes(app, method):
            if route in OPEN:
                continue
            answer = await asked.request(method, _filled(route), headers=headers)
            led = answer.status_code == 303 and answer.headers["location"].startswith("/sign-in")
            if heard.asked or not (led if method == "GET" else answer.status_code == 401):
                wrong.append((method, route, answer.status_code, heard.asked))
    assert not wrong, wrong


@pytest.mark.parametrize("scope", ["", "crm:write", "party:own"])
async def test_no_news_reach_whoever_may_not_read(asked: httpx.AsyncClient, ada: Customer, scope: str) -> None:
    headers = signed_in(scope, party_id=ada.party_id)
    answer = await asked.get(f"/live?service=contacts&subject=party/{ada.party_id}", headers=headers)
    assert answer.status_code == 403
    assert "text/event-stream" not in answer.headers["content-type"]


async def test_an_address_that_names_no_page_shows_nothing_either(asked: httpx.AsyncClient) -> None:
    for path in ("/operations/contacts/quarantine/x/y", f"/parties/{_ID}/nothing", "/operations/"):
        answer = await asked.get(path, headers=signed_in("crm:read"))
        assert answer.status_code in {403, 404, 303, 307}, path
