"""Forecasting on a real Postgres: its migrated database, its handlers and jobs, and its HTTP side."""

from collections.abc import AsyncIterator

import asyncpg
import httpx
import pytest

from deploy.embedded.databases import Databases
from services.forecasting.main import routers
from services.forecasting.settings import Settings
from tests.integration.forecasting.running import Forecasting
from tests.integration.running import client
from tests.stack import migrated
from tests.unit.forecasting.facts import BO, product, refund, sale, skipped, ticket


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
    async with client(forecasting, Settings, dsn, *routers) as http:
        yield http


@pytest.fixture
async def sold(forecasting: Forecasting) -> None:
    await forecasting.heard(
        product("A", "TOYS"),
        product("B", "FOOD", "BREAD"),
        sale("s-1", "2026-02-02", ("A", 2, 500), ("B", 1, 250)),
        sale("s-2", "2026-02-09", ("A", 1, 500), party=BO, channel="phone"),
        sale("s-3", "2026-02-17", ("A", 3, 500), ("C", 1, 40)),
        refund("r-1", "2026-02-18", 500, ("A", 1), of="s-1"),
        ticket("t-1", "2026-02-03"),
        skipped("m-1", "2026-02-03"),
    )
