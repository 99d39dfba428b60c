"""The console with no service behind it."""

from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
from fastapi import FastAPI
from structlog.testing import capture_logs

from services.console.main import create_app
from services.console.shell.agent import NAME_COOKIE
from services.console.shell.asking import Asked
from tests.unit.console.full import Full

AWAY = "http://127.0.0.1:9"
ENVIRONMENT = {
    "RAPPORT_AUTH__MODE": "off",
    **{f"RAPPORT_CONSOLE__{name}": AWAY for name in ("CONTACTS", "MARKETING", "SUPPORT", "FORECASTING")},
}
SAME = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> FastAPI:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(
        "services.console.shell.static_files.files", lambda: {"console-1.css": b"", "console-1.js": b""}
    )
    monkeypatch.setattr("services.console.shell.pages.path_of", lambda name: f"/static/{name}")
    monkeypatch.setattr("services.console.main.configure_logging", lambda _: None)
    return create_app()


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1", cookies={NAME_COOKIE: "agent-1"}) as client,
    ):
        yield client


@pytest.fixture
def full(monkeypatch: pytest.MonkeyPatch) -> Iterator[Full]:
    services = Full()

    async def exchange(asked: Asked, *what: object) -> object:
        return await services.exchange(asked, *what)  # type: ignore[arg-type]

    monkeypatch.setattr(Asked, "_exchange", exchange)
    with capture_logs():
        yield services
