"""Forecasting on a real Postgres: its migrated database, its handlers and jobs, and its HTTP side."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import httpx
import psycopg
import pytest

from deploy.embedded.ports import free_port
from deploy.embedded.postgres import Postgres
from services.forecasting import api
from services.forecasting.settings import Settings
from shared.http import build_app
from shared.migrate import migrate
from tests.integration.forecasting.running import Forecasting


@pytest.fixture(scope="session")
def dsn(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A migrated database of forecasting on a server of its own."""
    folder: Path = tmp_path_factory.mktemp("postgres")
    server = Postgres(folder / "data", folder, free_port(set()), "secret")
    server.prepare()
    server.start()
    with psycopg.connect(server.dsn(), autocommit=True) as connection:
        connection.execute("create database forecasting")
    migrate("forecasting", server.dsn("forecasting"))
    yield server.dsn("forecasting")
    server.child.stop(10)


@pytest.fixture
async def forecasting(dsn: str) -> AsyncIterator[Forecasting]:
    async with asyncpg.create_pool(dsn, min_size=1, max_size=6) as pool:
        service = Forecasting(pool)
        await service.clear()
        yield service


@pytest.fixture
async def http(forecasting: Forecasting, dsn: str) -> AsyncIterator[httpx.AsyncClient]:
    settings = Settings.model_validate(
        {"kafka": {"brokers": "127.0.0.1:9"}, "database": {"dsn": dsn}, "auth": {"mode": "off"}}
    )
    app = build_app(forecasting, settings, routers=api.routers)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://forecasting") as client:
        yield client
