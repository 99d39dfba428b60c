"""Signing in at a real OpenID provider, by a browser that keeps cookies and follows forms."""

import asyncio
import re
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from html import unescape
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import parse_qs, urljoin, urlsplit

import httpx
import pytest
from cryptography.fernet import Fernet
from fastapi import APIRouter, Depends, FastAPI

from deploy.embedded.ports import free_port
from services.console.login import api as login
from services.console.login.provider import LoginRefused
from services.console.login.sessions import OpenIdSessions, SessionCookies
from services.console.settings import ConsoleSettings, LoginSettings, Settings
from services.console.shell.agent import Agent, agent_of
from services.console.shell.asking import Front
from services.console.shell.errors import answer_errors
from services.console.shell.guard import Guard
from shared.http.app import build_front
from shared.settings import AuthSettings

pytestmark = [pytest.mark.slow]
HERE = Path(__file__).parent
CONSOLE = "https://console.example"
SECONDS = 32
"""How long access tokens last: two seconds longer than they are renewed early."""


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The provider with what it needs."""
    folder: Path = tmp_path_factory.mktemp("provider")
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("signing in was not tried: node and npm are not on this machine")
    for name in ("package.json", "provider.js"):
        shutil.copy(HERE / name, folder)
    command = ["npm", "install", "--no-audit", "--no-fund", "--no-package-lock", "--ignore-scripts"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=200)
    if done.returncode:
        pytest.skip(f"signing in was not tried: npm could not fetch the provider: {done.stderr[-300:]}")
    return folder


@pytest.fixture(scope="module")
def issuer(packages: Path) -> Iterator[str]:
    port, node = free_port(set()), shutil.which("node") or "node"
    arguments = [str(port), f"{CONSOLE}/login/callback", f"{CONSOLE}/login/bye", str(SECONDS)]
    process = subprocess.Popen([node, "provider.js", *arguments], cwd=packages, stdout=subprocess.PIPE, text=True)
    with process:
        assert process.stdout is not None
        while "ready" not in process.stdout.readline():
            assert process.poll() is None, "the provider did not start"
        yield f"http://127.0.0.1:{port}"
        process.kill()


@pytest.fixture
def app(issuer: str) -> FastAPI:
    address = "http://127.0.0.1:9"
    settings = Settings(
        auth=AuthSettings(
            issuer=issuer,
            audience="rapport",
            jwks=f"{issuer}/jwks",
            scopes_claim="roles",
            scopes={"agents": frozenset({"crm:read", "crm:write"})},
        ),
        console=ConsoleSettings(contacts=address, marketing=address, support=address, forecasting=address),
        login=LoginSettings(
            client_id="console",
            client_secret="a secret of tests",
            url=CONSOLE,
            keys=Fernet.generate_key().decode(),
            resource="urn:rapport",
            parameters={"prompt": "consent"},
        ),
    )
    app = build_front(Front(settings.console), settings, [login.router])
    answer_errors(app)
    assert settings.login is not None
    app.state.sessions = OpenIdSessions(issuer, settings.login, app.state.authenticator)
    app.add_middleware(SessionCookies)
    app.add_middleware(Guard)

    app.include_router(whoami)
    return app


whoami = APIRouter()


@whoami.get("/who")
async def who(agent: Annotated[Agent, Depends(agent_of)]) -> dict[str, Any]:
    """What a page knows of who looks."""
    return {"name": agent.name, "scopes": sorted(agent.scopes), "token": agent.token}


class Browser:
    """Two clients with cookies of their own: the console's and the provider's."""

    def __init__(self, app: FastAPI, issuer: str) -> None:
        self.issuer = issuer
        self.console = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=CONSOLE)
        self.provider = httpx.AsyncClient(timeout=20)
        self.seen: list[str] = []

    async def open(self, url: str) -> httpx.Response:
        """Follows redirects between the two, as a browser does; a page of the provider ends it too."""
        while True:
            client = self.console if url.startswith((CONSOLE, "/")) else self.provider
            answer = await client.get(url)
            self.seen.append(url)
            if not answer.is_redirect:
                return answer
            url = urljoin(str(answer.url), answer.headers["location"])

    async def send(self, page: httpx.Response, **fields: str) -> httpx.Response:
        """Fills in the form of the provider's page."""
        action = re.search(r'action="([^"]+)"', page.text)
        hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page.text))
        assert action is not None, page.text[:500]
        url = urljoin(str(page.url), action[1])
        answer = await self.provider.post(url, data={**hidden, **fields})
        return await self.open(urljoin(url, answer.headers["location"])) if answer.is_redirect else answer

    async def sign_in(self, name: str, following: str = "/who") -> httpx.Response:
        page = await self.open(f"{CONSOLE}/login?next={following}")
        page = await self.send(page, login=name, password="any")
        return await self.send(page) if "who" not in str(page.url) else page

    @property
    def cookies(self) -> dict[str, str]:
        return dict(self.console.cookies)


@pytest.fixture
async def browser(app: FastAPI, issuer: str) -> AsyncIterator[Browser]:
    browser = Browser(app, issuer)
    async with app.router.lifespan_context(app), browser.console, browser.provider:
        yield browser


async def test_whoever_signs_in_comes_back_to_where_they_wanted_with_the_scopes_of_their_claims(
    browser: Browser,
) -> None:
    assert (await browser.console.get("/who")).headers["location"] == "/login?next=/who"
    page = await browser.sign_in("staff-12")
    assert str(page.url) == f"{CONSOLE}/who"
    assert (page.json()["name"], page.json()["scopes"]) == ("staff-12", ["crm:read", "crm:write"])
    asked = parse_qs(urlsplit(next(url for url in browser.seen if "/auth?" in url)).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["response_type"] == ["code"]
    assert {"state", "nonce", "code_challenge"} <= asked.keys()


async def test_tokens_are_in_no_cookie_that_can_be_read_and_cookies_are_bound_to_the_host(browser: Browser) -> None:
    begun = await browser.console.get("/login")
    page = await browser.sign_in("staff-12")
    token = page.json()["token"]
    assert token not in "".join(browser.cookies.values())
    assert browser.cookies
    assert all(name.startswith("__Host-rapport-") for name in browser.cookies)
    for cookie in begun.headers.get_list("set-cookie"):
        assert {"Path=/", "HttpOnly", "SameSite=Lax", "Secure"} <= set(cookie.split("; "))
        assert "Domain" not in cookie


async def test_a_session_is_renewed_once_for_requests_that_come_side_by_side(browser: Browser, app: FastAPI) -> None:
    """The provider takes a refresh token once, and ends the session where it comes twice."""
    first = (await browser.sign_in("staff-12")).json()["token"]
    await asyncio.sleep(SECONDS - 30 + 0.5)
    old = dict(browser.console.cookies)
    answers = await asyncio.gather(*(_who(app, old) for _ in range(5)))
    renewed = {answer.json()["token"] for answer in answers}
    assert len(renewed) == 1
    assert first not in renewed
    for answer in answers:
        browser.console.cookies.update(answer.cookies)
    await asyncio.sleep(SECONDS - 30 + 0.5)
    again = await browser.console.get("/who")
    assert again.status_code == 200
    assert again.json()["token"] not in {first, *renewed}, "the renewed cookies hold a newer refresh token"


async def _who(app: FastAPI, cookies: dict[str, str]) -> httpx.Response:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=CONSOLE, cookies=cookies) as client:
        return await client.get("/who")


async def test_whoever_signs_out_is_out_here_and_at_the_provider(browser: Browser, app: FastAPI) -> None:
    await browser.sign_in("staff-12")
    kept = dict(browser.console.cookies)
    answer = await browser.console.post("/logout", headers={"Sec-Fetch-Site": "same-origin"})
    assert answer.status_code == 200
    leads = re.search(rf'href="({browser.issuer}/session/end[^"]+)"', answer.text)
    assert leads is not None
    assert "eyJ" not in answer.text, "no token stands in a page"
    assert browser.cookies == {}
    assert (await browser.console.get("/who")).headers["location"].startswith("/login")
    sessions: OpenIdSessions = app.state.sessions
    stolen = sessions.seal.open_session(sessions.cookies.read(kept))
    assert stolen is not None
    with pytest.raises(LoginRefused):
        await sessions.provider.refresh(stolen)
    page = await browser.open(unescape(leads[1]))
    page = await browser.send(page, logout="yes")
    assert str(page.url).startswith(f"{CONSOLE}/login/bye")


@asynccontextmanager
async def _answered(browser: Browser, state: str | None = None, **changes: str) -> AsyncIterator[httpx.Response]:
    """What the console says to an answer of the provider that was tampered with."""
    begun = await browser.console.get("/login?next=/who")
    given = parse_qs(urlsplit(begun.headers["location"]).query)["state"][0]
    query = {"code": "any", "state": state or given, "iss": browser.issuer, **changes}
    yield await browser.console.get("/login/callback", params=query)


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"state": "another"}, id="the state of another login"),
        pytest.param({"iss": "https://elsewhere.example"}, id="another issuer"),
        pytest.param({"code": "invented"}, id="a code that was not given"),
        pytest.param({"error": "access_denied", "code": ""}, id="the provider refuses"),
    ],
)
async def test_an_answer_that_is_not_to_this_login_signs_nobody_in(changes: dict[str, str], browser: Browser) -> None:
    async with _answered(browser, **changes) as answer:
        assert answer.status_code == 403
    assert browser.cookies == {}
    assert (await browser.console.get("/who")).is_redirect


async def test_an_answer_is_of_use_to_the_browser_that_asked_alone(browser: Browser) -> None:
    """Who is sent the link of somebody else's answer does not become that somebody."""
    page = await browser.open(f"{CONSOLE}/login?next=/who")
    browser.console.cookies.clear()
    page = await browser.send(page, login="mallory", password="any")
    page = await browser.send(page)
    assert page.status_code == 403
    assert browser.cookies == {}


@pytest.mark.parametrize("spoiled", ["changed", "of other keys"])
async def test_a_session_that_was_tampered_with_is_none(spoiled: str, browser: Browser, app: FastAPI) -> None:
    await browser.sign_in("staff-12")
    sessions: OpenIdSessions = app.state.sessions
    if spoiled == "changed":
        name, value = next((n, v) for n, v in browser.cookies.items() if n.endswith("-0"))
        browser.console.cookies.clear()
        browser.console.cookies.set(name, value[:-9] + "AAAAAAAAA")
    else:
        sessions.seal = type(sessions.seal)(Fernet.generate_key().decode())
    assert (await browser.console.get("/who")).headers["location"].startswith("/login")


async def test_a_form_of_another_site_signs_nobody_out(browser: Browser) -> None:
    await browser.sign_in("staff-12")
    assert (await browser.console.post("/logout", headers={"Sec-Fetch-Site": "cross-site"})).status_code == 403
    assert (await browser.console.get("/who")).status_code == 200


@pytest.mark.parametrize("following", ["https://elsewhere.example/", "//elsewhere.example", "/\\elsewhere.example"])
async def test_nobody_is_led_elsewhere(following: str, browser: Browser) -> None:
    await browser.sign_in("staff-12", following=following)
    assert not any("elsewhere" in str(url) for url in browser.seen if "/login?" not in url)
