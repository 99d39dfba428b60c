"""Requests and the engine have connections of their own."""

import asyncio
from contextlib import AsyncExitStack

import asyncpg
import pytest

from shared.engine.connections import Connections
from shared.engine.service import Service
from tests.integration.engine.probe import Probe, check, noting


async def test_requests_that_take_every_connection_delay_no_event_and_no_worker(probe: Probe) -> None:
    worked = asyncio.Event()
    begin = asyncio.Event()

    async def work(service: Service) -> None:
        await begin.wait()
        async with service.read() as tx:
            await tx.fetchval("select 1")
        worked.set()

    hears = noting("pools", "crm.sales")
    settings = probe.settings()
    service = Service("support", settings, [hears], workers=[work])
    await service.start()
    try:
        await check(service, "ok")
        async with AsyncExitStack() as requests:
            for _ in range(settings.database.http_pool_max):
                tx = await requests.enter_async_context(service.read())
                await tx.fetchval("select 1")
            begin.set()
            await asyncio.wait_for(worked.wait(), 10)
            ids = await probe.write("crm.sales", 7, 5)
            assert await probe.applied("support.pools", 7, ids, within=10) == ids
    finally:
        await service.stop()


async def test_a_statement_of_a_request_has_an_end_that_those_of_workers_have_not(probe: Probe) -> None:
    async def work(service: Service) -> None:
        async with service.read() as tx:
            await tx.fetchval("select pg_sleep(0.5)")
        worked.set()
        await asyncio.Event().wait()

    worked, settings = asyncio.Event(), probe.settings()
    brief = settings.database.model_copy(update={"http_statement_s": 0.2})
    settings = settings.model_copy(update={"database": brief})
    service = Service("support", settings, [], workers=[work])
    await service.start()
    try:
        await asyncio.wait_for(worked.wait(), 40)
        async with service.read() as tx:
            with pytest.raises(asyncpg.QueryCanceledError):
                await tx.fetchval("select pg_sleep(20)")
            assert await tx.fetchval("select 1") == 1
    finally:
        await service.stop()


async def test_a_connection_that_is_kept_and_ends_meanwhile_is_replaced(probe: Probe) -> None:
    dsn = probe.settings().database.dsn.get_secret_value()
    async with asyncpg.create_pool(dsn, min_size=0, max_size=1) as pool:
        connections, numbers = Connections(pool, keep=True), []
        for turn in range(3):
            async with connections.use() as connection:
                numbers.append(await connection.fetchval("select pg_backend_pid()"))
            if turn:
                await _end(dsn, numbers[-1])
        assert numbers[0] == numbers[1] != numbers[2]
        with pytest.raises(ZeroDivisionError):
            async with connections.use():
                raise ZeroDivisionError
        assert pool.get_idle_size() == pool.get_size()


async def _end(dsn: str, number: int) -> None:
    """Returns once it has ended."""
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute("select pg_terminate_backend($1, 5000)", number)
    finally:
        await connection.close()
