"""Connections of a pool, lent for one transaction each."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg


class Connections:
    """With `keep`, the last connection is kept for the next transaction and not given back: to give one back and take
    it again costs as much as a statement.
    """

    def __init__(self, pool: asyncpg.Pool, *, keep: bool) -> None:
        self._pool = pool
        self._keep = keep
        self._kept: Any = None

    @asynccontextmanager
    async def use(self) -> AsyncIterator[Any]:
        connection, self._kept = self._kept, None
        if connection is not None and _is_closed(connection):
            await self._pool.release(connection)
            connection = None
        connection = connection or await self._pool.acquire()
        try:
            yield connection
        except BaseException:
            await self._pool.release(connection)
            raise
        if self._keep and self._kept is None:
            self._kept = connection
        else:
            await self._pool.release(connection)


def _is_closed(connection: Any) -> bool:
    try:
        return bool(connection.is_closed())
    except asyncpg.InterfaceError:
        return True  # the pool has taken it back: it ended while nobody used it
