"""A Postgres server for this folder, and in it an empty database per test with an owner and a service's role."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from deploy.embedded.ports import free_port
from deploy.embedded.postgres import Postgres


@dataclass(frozen=True)
class Base:
    """Connection strings of one database."""

    superuser: str
    owner: str
    service: str


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    folder: Path = tmp_path_factory.mktemp("postgres")
    server = Postgres(folder / "data", folder, free_port(set()), "secret")
    server.prepare()
    server.start()
    with psycopg.connect(server.dsn(), autocommit=True) as connection:
        connection.execute("create role support_owner login password 'secret'")
        connection.execute("create role support login password 'secret'")
    yield server
    server.child.stop(10)


@pytest.fixture
def database(server: Postgres) -> Iterator[Base]:
    with psycopg.connect(server.dsn(), autocommit=True) as connection:
        connection.execute("create database support owner support_owner")
        superuser = server.dsn("support")
        yield Base(
            superuser,
            superuser.replace("postgres:secret@", "support_owner:secret@"),
            superuser.replace("postgres:secret@", "support:secret@"),
        )
        connection.execute("drop database support with (force)")
