"""Forecasting on a real Postgres: its migrated database, its handlers and jobs, and its HTTP side."""

from collections.abc import AsyncIterator

import asyncpg
import httpx
import pytest

from deploy.embedded.databases import Databases
from services.forecasting import api
from services.forecasting.settings import Settings
from tests.integration.forecasting.running import Forecasting
from tests.integration.running import client
from tests.stack import migrated


@pytest.fixture(scope="session")
def dsn(databases: Databases) -> str:
    """Of the role of operation, which has no right to more than rows."""
    migrated(databases, "forecasting")
    return databases.dsn("forecasting")


@pytest.fixture
async def forecasting(dsn: str) -> AsyncIterator[Forecasting]:
    async with (
        asyncpg.create_pool(dsn, min_size=1, max_size=6) as pool,
        asyncpg.create_pool(dsn, min_size=1, server_settings={"search_path": "sales_v1, public"}) as projecting,
    ):
        service = Forecasting(pool, projecting)
        await service.clear()
        yield service


@pytest.fixture
async def http(forecasting: Forecasting, dsn: str) -> AsyncIterator[httpx.AsyncClient]:
    async with client(forecasting, Settings, dsn, *api.routers) as http:
        yield http
