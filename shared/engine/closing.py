"""How a consumer of aiokafka ends, mended where it lets the end of a task of its own out as a cancellation.

When it is stopped it cancels its tasks and awaits them bare (aiokafka 0.14). One that pauses after a failed request, or
has not begun yet, passes the cancellation on: who stopped the consumer takes it for their own and ends without a word,
and what comes after that task, connections too, is not closed. A relay stood still for good once its brokers were
killed while it looked at its topics.
"""

import asyncio
from collections.abc import Awaitable, Callable

from aiokafka import AIOKafkaConsumer


def patch_stop() -> None:
    """From now on every consumer of this process ends by `stop` below, FastStream's too."""
    AIOKafkaConsumer.stop = stop


async def stop(consumer: AIOKafkaConsumer) -> None:
    """Leave the group, and end its tasks and connections; a second time does nothing. Raises KafkaError."""
    if consumer._closed:  # noqa: SLF001 - nothing public ends the parts one by one, here and below
        return
    consumer._closed = True  # noqa: SLF001
    coordinator, fetcher = consumer._coordinator, consumer._fetcher  # noqa: SLF001
    try:
        if coordinator is not None:
            await _end(coordinator.close)
    finally:
        try:
            if fetcher is not None:
                for task in fetcher._pending_tasks:  # noqa: SLF001 - it stops at the first that passes it on
                    task.cancel()
                await _end(fetcher.close)
        finally:
            await _end(consumer._client.close)  # noqa: SLF001


async def _end(close: Callable[[], Awaitable[None]]) -> None:
    """A cancellation of whoever waits here is passed on, and none of what is closed."""
    (outcome,) = await asyncio.gather(close(), return_exceptions=True)
    if isinstance(outcome, Exception):
        raise outcome
