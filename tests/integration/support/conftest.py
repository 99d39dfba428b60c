"""Support on a real Postgres: its migrated database, its handlers and its HTTP side."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import httpx
import psycopg
import pytest

from deploy.embedded.ports import free_port
from deploy.embedded.postgres import Postgres
from services.support import api
from services.support.settings import Settings
from shared.http import build_app
from shared.migrate import migrate
from tests.integration.support.running import Support


@pytest.fixture(scope="session")
def dsn(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A migrated database of support on a server of its own."""
    folder: Path = tmp_path_factory.mktemp("postgres")
    server = Postgres(folder / "data", folder, free_port(set()), "secret")
    server.prepare()
    server.start()
    with psycopg.connect(server.dsn(), autocommit=True) as connection:
        connection.execute("create database support")
    migrate("support", server.dsn("support"))
    yield server.dsn("support")
    server.child.stop(10)


@pytest.fixture
async def support(dsn: str) -> AsyncIterator[Support]:
    async with asyncpg.create_pool(dsn, min_size=1, max_size=4) as pool:
        support = Support(pool)
        await support.clear()
        yield support


@pytest.fixture
async def http(support: Support, dsn: str) -> AsyncIterator[httpx.AsyncClient]:
    settings = Settings.model_validate(
        {"kafka": {"brokers": "127.0.0.1:9"}, "database": {"dsn": dsn}, "auth": {"mode": "off"}}
    )
    app = build_app(support, settings, routers=[api.router])
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://support") as client:
        yield client
