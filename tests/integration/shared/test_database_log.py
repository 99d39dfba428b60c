"""What a Postgres of ours writes into its log: what goes wrong in it, and nothing of what statements and rows hold."""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from deploy.embedded.databases import Databases

NAME = "quixada"
FAILING = {
    "a key that is taken": f"insert into named (name) values ('{NAME}'), ('{NAME}')",
    "a row that breaks a constraint": f"insert into named (name, age) values ('{NAME}', -1)",
    "a missing reference": f"insert into spoken (name) values ('{NAME}')",
    "a value of another kind": f"select '{NAME}'::uuid",
    "a date of a stranger": f"select to_date('{NAME}', 'YYYY-MM-DD')",
    "text that is no JSON": f"select '{NAME}'::jsonb",
    "a name that is taken for a column": f'select "{NAME}"',
    "an exception of a function": f"do $$ begin raise exception 'not known: %', '{NAME}'; end $$",
    "a warning of a function": f"do $$ begin raise warning 'not known: %', '{NAME}'; end $$",
    "a canceled statement": f"set statement_timeout = 1; select pg_sleep(5), '{NAME}'",
}


TABLES = """create temp table named (name text unique, age int check (age > 0));
    create temp table spoken (name text references named (name))"""


@pytest.fixture(params=["logged", "logged_owner"])
async def connection(databases: Databases, request: pytest.FixtureRequest) -> AsyncIterator[asyncpg.Connection]:
    """As a service's role, and as the owner that migrates."""
    await databases.ensure(["logged"])
    superuser = await asyncpg.connect(databases.superuser_dsn("logged"))
    await superuser.execute("grant temporary on database logged to logged")
    await superuser.close()
    opened = await asyncpg.connect(
        databases.dsn("logged") if request.param == "logged" else databases.owner_dsn("logged")
    )
    await opened.execute(TABLES)
    yield opened
    await opened.close()


@pytest.fixture
def log(databases: Databases) -> Path:
    return databases.folder.logs / "postgres.log"


@pytest.mark.parametrize("statement", FAILING.values(), ids=FAILING.keys())
async def test_what_fails_leaves_no_value_in_the_log(statement: str, connection: asyncpg.Connection, log: Path) -> None:
    begun = log.stat().st_size
    with contextlib.suppress(asyncpg.PostgresError):
        await connection.execute(statement)
    assert NAME not in log.read_bytes()[begun:].decode()


async def test_values_that_a_statement_is_given_apart_are_not_in_the_log(
    connection: asyncpg.Connection, log: Path
) -> None:
    begun = log.stat().st_size
    with pytest.raises(asyncpg.UniqueViolationError):
        await connection.executemany("insert into named (name) values ($1)", [(NAME,), (NAME,)])
    with pytest.raises(asyncpg.CheckViolationError):
        await connection.execute("insert into named (name, age) values ($1, $2)", NAME, -1)
    assert NAME not in log.read_bytes()[begun:].decode()


@pytest.mark.parametrize("statement", ["select pg_read_file('/missing')", "do $$ begin raise warning 'a disk'; end $$"])
async def test_what_goes_wrong_in_the_server_itself_is_in_the_log(
    statement: str, databases: Databases, log: Path
) -> None:
    """Its own processes act as the superuser does here."""
    begun = log.stat().st_size
    superuser = await asyncpg.connect(databases.superuser_dsn())
    with contextlib.suppress(asyncpg.UndefinedFileError):
        await superuser.execute(statement)
    await superuser.close()
    written = log.read_bytes()[begun:].decode()
    assert "ERROR:" in written or "WARNING:" in written
    assert "STATEMENT:" not in written
