"""An advisory lock of Postgres that is held through a connection of its own, and lives and dies with it."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import asyncpg

from shared.errors import Transient

T = TypeVar("T")
IDLE_SECONDS = 10.0
"""A holder that stops using its connection for so long loses it, and with it the lock."""
_USES = 10


async def connect_for_lock(dsn: str, application: str, idle_s: float = IDLE_SECONDS) -> asyncpg.Connection:
    """A connection that the server ends once it has not been used for `idle_s`. Raises OSError or asyncpg's errors."""
    idle = f"{round(idle_s * 1000)}ms"
    settings = {
        "application_name": application,
        "idle_session_timeout": idle,
        "idle_in_transaction_session_timeout": idle,
        "lock_timeout": "5s",
        "statement_timeout": "30s",
    }
    return await asyncpg.connect(dsn, server_settings=settings)


async def keeping(
    use: Callable[[], Awaitable[object]],
    work: Awaitable[T],
    *,
    within: float | None = None,
    idle_s: float = IDLE_SECONDS,
) -> T:
    """Await `work`, and meanwhile use the lock's connection often enough to keep it.

    Where `use` raises, the lock is lost: the work is cancelled and has ended when the error leaves. Raises Transient
    where the work takes longer than `within`.
    """
    working = asyncio.ensure_future(work)
    pause, passed = idle_s / _USES, 0.0
    try:
        while within is None or passed < within:
            done, _ = await asyncio.wait({working}, timeout=pause)
            if done:
                return working.result()
            passed += pause
            await use()
        raise Transient(f"not done in {within:g} s")
    finally:
        if not working.done():
            working.cancel()
            await asyncio.wait({working})
