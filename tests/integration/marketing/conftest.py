"""Marketing on a real Postgres: its migrated database, its handlers, its sender and its HTTP side."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import httpx
import psycopg
import pytest

from deploy.embedded.ports import free_port
from deploy.embedded.postgres import Postgres
from services.marketing import api
from services.marketing.settings import Settings
from shared.http import build_app
from shared.migrate import migrate
from tests.integration.marketing.running import Marketing


@pytest.fixture(scope="session")
def dsn(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A migrated database of marketing on a server of its own."""
    folder: Path = tmp_path_factory.mktemp("postgres")
    server = Postgres(folder / "data", folder, free_port(set()), "secret")
    server.prepare()
    server.start()
    with psycopg.connect(server.dsn(), autocommit=True) as connection:
        connection.execute("create database marketing")
    migrate("marketing", server.dsn("marketing"))
    yield server.dsn("marketing")
    server.child.stop(10)


@pytest.fixture
async def marketing(dsn: str) -> AsyncIterator[Marketing]:
    async with asyncpg.create_pool(dsn, min_size=1, max_size=6) as pool:
        marketing = Marketing(pool, dsn)
        await marketing.clear()
        yield marketing


@pytest.fixture
async def http(marketing: Marketing, dsn: str) -> AsyncIterator[httpx.AsyncClient]:
    settings = Settings.model_validate(
        {"kafka": {"brokers": "127.0.0.1:9"}, "database": {"dsn": dsn}, "auth": {"mode": "off"}}
    )
    app = build_app(marketing, settings, routers=[api.router])
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://marketing") as client:
        yield client
