"""Advisory locks: whoever works keeps one however long the work takes, whoever falls silent loses it."""

import asyncio

import asyncpg
import pytest

from deploy.embedded.databases import Databases
from shared.engine.locks import connect_for_lock, keeping
from tests.integration.engine.probe import eventually

IDLE_S = 0.3


@pytest.fixture
def dsn(databases: Databases) -> str:
    return databases.superuser_dsn()


async def lock(dsn: str, key: int) -> asyncpg.Connection:
    connection = await connect_for_lock(dsn, "rapport test of locks", IDLE_S)
    await connection.execute("select pg_advisory_lock($1)", key)
    return connection


async def is_free(dsn: str, key: int) -> bool:
    other = await asyncpg.connect(dsn)
    try:
        return bool(await other.fetchval("select pg_try_advisory_lock($1)", key))
    finally:
        await other.close()


async def test_a_holder_that_falls_silent_loses_its_lock(dsn: str) -> None:
    """A process that was stopped, or whose network was cut, ends no connection by itself."""
    connection = await lock(dsn, 1)
    try:
        await eventually(lambda: is_free(dsn, 1), "the lock is free")
        with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError)):
            await keeping(lambda: connection.execute("select 1"), asyncio.sleep(60), idle_s=IDLE_S)
    finally:
        connection.terminate()


async def test_a_holder_keeps_its_lock_for_as_long_as_its_work_takes(dsn: str) -> None:
    connection = await lock(dsn, 2)
    try:

        async def work() -> bool:
            for _ in range(10):
                await asyncio.sleep(IDLE_S / 4)
                assert not await is_free(dsn, 2)
            return True

        assert await keeping(lambda: connection.execute("select 1"), work(), idle_s=IDLE_S)
    finally:
        connection.terminate()


async def test_work_has_ended_before_the_loss_of_the_lock_is_told(dsn: str) -> None:
    connection, ended = await lock(dsn, 3), asyncio.Event()

    async def work() -> None:
        connection.terminate()
        try:
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(0.05)
            ended.set()

    with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError)):
        await keeping(lambda: connection.execute("select 1"), work(), idle_s=IDLE_S)
    assert ended.is_set()
