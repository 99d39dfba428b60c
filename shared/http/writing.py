"""A request's write: one transaction, begun again where others took what it needed in another order."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import TypeVar

import asyncpg

from shared.engine.transaction import Transaction
from shared.http.readiness import Serving

_TRIES = 5
_FIRST_WAIT_S = 0.02
T = TypeVar("T")


async def write(service: Serving, act: Callable[[Transaction], Awaitable[T]]) -> T:
    """Run `act` in a transaction and return what it returned once that stands.

    The victim of a deadlock or of a conflict between snapshots is tried again, up to five times in all with growing
    waits drawn at random, so that two do not meet again: nothing of it stands, and `act` changes nothing but what `tx`
    holds. Raises what `act` raised, or the database's error of the last try, which is answered 503.
    """
    for tried in range(1, _TRIES):
        try:
            async with service.transaction() as tx:
                return await act(tx)
        except (asyncpg.DeadlockDetectedError, asyncpg.SerializationError):
            await asyncio.sleep(random.uniform(0, _FIRST_WAIT_S * 2**tried))  # noqa: S311 - guards nothing
    async with service.transaction() as tx:
        return await act(tx)
