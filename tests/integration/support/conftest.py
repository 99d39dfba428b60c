"""Support on a real Postgres: its migrated database, its handlers and its HTTP side."""

from collections.abc import AsyncIterator

import httpx
import pytest

from deploy.embedded.databases import Databases
from services.support.main import routers
from services.support.settings import Settings
from tests.integration.running import client
from tests.integration.support.running import Support, opened
from tests.stack import migrated


@pytest.fixture(scope="session")
def dsn(databases: Databases) -> str:
    """Of the role of operation, which has no right to more than rows."""
    migrated(databases, "support")
    return databases.dsn("support")


@pytest.fixture
async def support(dsn: str) -> AsyncIterator[Support]:
    async with opened(dsn) as support:
        yield support


@pytest.fixture
async def http(support: Support, dsn: str) -> AsyncIterator[httpx.AsyncClient]:
    async with client(support, Settings, dsn, *routers) as http:
        yield http
