"""How a consumer ends where something of it does not."""

import asyncio
import contextlib

import pytest
from aiokafka import AIOKafkaConsumer
from aiokafka.consumer.fetcher import Fetcher

from shared.engine.closing import stop


async def _break() -> None:
    raise ValueError("a bug")


async def _wait() -> None:
    """Ends with the third cancellation."""
    for _ in range(3):
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(3_600)


@pytest.fixture
async def consumer() -> AIOKafkaConsumer:
    """As it is once it reads, with a client that looks after its connections."""
    consumer = AIOKafkaConsumer(bootstrap_servers="127.0.0.1:1")
    consumer._client._sync_task = asyncio.create_task(asyncio.sleep(3_600))
    consumer._fetcher = Fetcher(consumer._client, consumer._subscription)
    return consumer


async def test_a_request_that_broke_leaves_no_connection_open(consumer: AIOKafkaConsumer) -> None:
    broken = asyncio.create_task(_break())
    await asyncio.wait([broken])
    consumer._fetcher._pending_tasks.add(broken)
    with pytest.raises(ValueError, match="a bug"):
        await stop(consumer)
    assert asyncio.all_tasks() == {asyncio.current_task()}
    await stop(consumer)


async def test_who_stops_it_and_is_told_to_end_meanwhile_leaves_no_connection_open(consumer: AIOKafkaConsumer) -> None:
    slow = asyncio.create_task(_wait())
    await asyncio.sleep(0)
    consumer._fetcher._pending_tasks.add(slow)
    stopping = asyncio.create_task(stop(consumer))
    for _ in range(10):
        await asyncio.sleep(0)
    stopping.cancel()
    await asyncio.wait([stopping])
    assert stopping.cancelled()
    assert consumer._client._sync_task is None
