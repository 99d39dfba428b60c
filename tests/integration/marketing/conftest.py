"""Marketing on a real Postgres: its migrated database, its handlers, its sender and its HTTP side."""

from collections.abc import AsyncIterator

import asyncpg
import httpx
import pytest

from deploy.embedded.databases import Databases
from services.marketing.main import ROUTERS
from services.marketing.settings import Settings
from tests.integration.marketing.running import Marketing
from tests.integration.running import client
from tests.stack import migrated


@pytest.fixture(scope="session")
def dsn(databases: Databases) -> str:
    return migrated(databases, "marketing")


@pytest.fixture
async def marketing(dsn: str) -> AsyncIterator[Marketing]:
    server = {"application_name": "pool of the test"}
    async with asyncpg.create_pool(dsn, min_size=1, max_size=6, server_settings=server) as pool:
        marketing = Marketing(pool, dsn)
        await marketing.clear()
        yield marketing


@pytest.fixture
async def on_the_wall_clock(marketing: Marketing) -> Marketing:
    """The same database, by a service on the wall clock."""
    return Marketing(marketing.pool, marketing.dsn, wall=True)


@pytest.fixture
async def http(marketing: Marketing, dsn: str) -> AsyncIterator[httpx.AsyncClient]:
    async with client(marketing, Settings, dsn, *ROUTERS) as http:
        yield http
