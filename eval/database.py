"""A service's database on a Postgres of its own, for figures that depend on what the service does there."""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg

from deploy.embedded.databases import Databases
from deploy.embedded.folder import Folder
from deploy.embedded.ports import free_port
from deploy.embedded.postgres import Postgres
from deploy.embedded.service import migrate


@asynccontextmanager
async def opened(service: str) -> "AsyncIterator[asyncpg.Pool[asyncpg.Record]]":
    """Migrated and empty; gone afterwards."""
    with tempfile.TemporaryDirectory() as path:
        folder = Folder(Path(path))
        server = Postgres(folder.path / "postgres", folder.logs, free_port(set()), folder.secret("postgres"))
        await asyncio.to_thread(server.prepare)
        await asyncio.to_thread(server.start)
        try:
            databases = Databases(server, folder)
            await databases.ensure([service])
            await asyncio.to_thread(migrate, service, databases, folder.logs)
            async with asyncpg.create_pool(databases.dsn(service), min_size=1, max_size=2) as pool:
                yield pool
        finally:
            await asyncio.to_thread(server.child.stop, 10)
