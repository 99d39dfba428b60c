"""Contacts on a real Postgres: its migrated database, its handlers and its HTTP side."""

from collections.abc import AsyncIterator

import asyncpg
import httpx
import pytest

from deploy.embedded.databases import Databases
from services.contacts.main import routers
from services.contacts.privacy.commands import find_subject
from services.contacts.settings import Settings
from tests.integration.contacts.running import Contacts
from tests.integration.running import client
from tests.stack import migrated


@pytest.fixture(scope="session")
def dsn(databases: Databases) -> str:
    return migrated(databases, "contacts")


@pytest.fixture
async def contacts(dsn: str) -> AsyncIterator[Contacts]:
    async with (
        asyncpg.create_pool(dsn, min_size=1, max_size=8, server_settings={"timezone": "UTC"}) as pool,
        asyncpg.create_pool(dsn, min_size=1, server_settings={"search_path": "timeline_v1, public"}) as projecting,
    ):
        contacts = Contacts(pool, projecting)
        await contacts.clear()
        yield contacts


@pytest.fixture
async def http(contacts: Contacts, dsn: str) -> AsyncIterator[httpx.AsyncClient]:
    async with client(contacts, Settings, dsn, *routers, family=find_subject) as http:
        yield http
