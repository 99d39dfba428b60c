"""A database per service, with an owner for migrations and a role without DDL for the service."""

from collections.abc import Iterable
from pathlib import Path
from urllib.parse import quote

import asyncpg

from deploy.embedded.folder import Folder
from deploy.embedded.parts import Server
from shared.sql import load_queries

_SQL = load_queries(Path(__file__).with_name("databases.sql"))


class Databases:
    """Of the services, on one running Postgres."""

    def __init__(self, postgres: Server, folder: Folder) -> None:
        self._postgres = postgres
        self.folder = folder

    def dsn(self, service: str) -> str:
        """Of the service's own role: it reads and writes rows, and no other database lets it in."""
        return self._dsn(service, service)

    def owner_dsn(self, service: str) -> str:
        """Of the role that migrations run with."""
        return self._dsn(service, f"{service}_owner")

    def superuser_dsn(self, database: str = "postgres") -> str:
        return self._postgres.dsn(database)

    async def ensure(self, services: Iterable[str]) -> dict[str, str | None]:
        """Makes what is missing, and tells each service's mark: None where it was never migrated."""
        connection = await asyncpg.connect(self.superuser_dsn())
        try:
            marks = {row["name"]: row["mark"] for row in await connection.fetch(_SQL["databases"])}
            for service in services:
                if marks.get(service) is None:
                    await self._create(connection, service, exists=service in marks)
                    marks[service] = None
                for role in (service, f"{service}_owner"):
                    await connection.execute(await connection.fetchval(_SQL["log_no_errors"], role))
            return {service: marks[service] for service in services}
        finally:
            await connection.close()

    async def mark(self, service: str, mark: str) -> None:
        """Notes in the database itself what it was migrated to, so that the note lives and dies with the data."""
        connection = await asyncpg.connect(self.superuser_dsn())
        try:
            await connection.execute(await connection.fetchval(_SQL["mark_database"], service, mark))
        finally:
            await connection.close()

    async def _create(self, connection: "asyncpg.Connection[asyncpg.Record]", service: str, *, exists: bool) -> None:
        for role in (service, f"{service}_owner"):
            await connection.execute(await connection.fetchval(_SQL["role"], role, self.folder.secret(role)))
        if not exists:
            await connection.execute(await connection.fetchval(_SQL["create_database"], service))
        await connection.execute(await connection.fetchval(_SQL["isolate_database"], service))
        await connection.execute(_SQL["isolate_maintenance_databases"])
        inside = await asyncpg.connect(self.superuser_dsn(service))
        try:
            await inside.execute(await inside.fetchval(_SQL["default_privileges"], service))
        finally:
            await inside.close()

    def _dsn(self, database: str, role: str) -> str:
        return f"postgresql://{role}:{quote(self.folder.secret(role))}@{self._postgres.address}/{database}"
