"""The desk over HTTP."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from shared.http.app import build_app
from shared.settings import AuthSettings
from tests.unit.http.desk import Desk, router, settings_with
from tests.unit.http.tokens import AUDIENCE, ISSUER, jwks, token


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def app(desk: Desk, tmp_path: Path) -> FastAPI:
    (tmp_path / "jwks.json").write_text(jwks("ES256"))
    auth = AuthSettings(issuer=ISSUER, audience=AUDIENCE, jwks=str(tmp_path / "jwks.json"))
    return build_app(desk, settings_with(auth, max_body_bytes=2_000), [router])


@pytest.fixture
async def http(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://desk", headers={"Authorization": f"Bearer {token()}"}
    ) as client:
        yield client
