"""What every sender of letters does, whoever writes them: it ends what it began, and writes down what came of it."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

import structlog

log = structlog.get_logger()
_LOOK_S = 2.0
"""How long a letter that nobody announced may wait: one that was put off, or was written by another instance."""
_RECONCILE_S = 10.0
_LAST_BATCH_S = 8.0
_SETTLE_PAUSES_S = (0.2, 0.5, 1.0, 2.0, 4.0, 8.0)


@dataclass(frozen=True, slots=True)
class Bell:
    """Wakes the sender of this process, only to be quicker: one that is not woken looks for work by itself."""

    _rung: asyncio.Event = field(default_factory=asyncio.Event)

    async def ring(self) -> None:
        self._rung.set()

    async def wait(self, seconds: float) -> None:
        """Until it rings, or has rung since the last wait, or the time is over."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):  # `wait_for` loses a cancellation that comes as it rings
                await self._rung.wait()
        self._rung.clear()


async def send_on(
    bell: Bell, send_batch: Callable[[], Coroutine[Any, Any, int]], *reconcile: Callable[[], Awaitable[None]]
) -> None:
    """Until cancelled; a batch that was begun is ended first. Now and then `reconcile`, also before the first batch."""
    reconciled = float("-inf")
    while True:
        if monotonic() - reconciled > _RECONCILE_S:
            for each in reconcile:
                await each()
            reconciled = monotonic()
        if not await _finish(send_batch()):
            await bell.wait(_LOOK_S)


async def _finish(batch: Coroutine[Any, Any, int]) -> int:
    """Await a batch; when cancelled, let it end first, since what a mail server took must be written down."""
    task = asyncio.create_task(batch)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait({task}, timeout=_LAST_BATCH_S)
        task.cancel()
        raise


async def settle(write_down: Callable[[], Awaitable[None]], letters: int) -> None:
    """Tries for a while: what is not written down, nobody can know of a mail server."""
    for pause in _SETTLE_PAUSES_S:
        try:
            await write_down()
        except Exception as error:  # noqa: BLE001  whatever it is, giving up here loses what is known
            log.warning("letters_not_settled", letters=letters, error=type(error).__name__)
            await asyncio.sleep(pause)
        else:
            return
    await write_down()
