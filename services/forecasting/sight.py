"""How jobs and endpoints see the sales: the tables of the projection, and how far they have come."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime
from typing import Protocol

from services.forecasting import store
from services.forecasting.subscriptions import sales
from shared.engine.subscription import Subscription
from shared.engine.transaction import Transaction


class Source(Protocol):
    """What of a service is needed here."""

    def transaction(self) -> AbstractAsyncContextManager[Transaction]: ...

    def read(self) -> AbstractAsyncContextManager[Transaction]: ...

    async def watermark(self, subscription: Subscription) -> datetime | None: ...


class Sight:
    def __init__(self, service: Source) -> None:
        self.service = service

    @asynccontextmanager
    async def sales(self) -> AsyncIterator[Transaction]:
        """For reading: the projection's tables and forecasting's own."""
        async with self.service.read() as tx:
            await _look(tx)
            yield tx

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[Transaction]:
        """For reading the projection and writing what is decided on it, in one transaction."""
        async with self.service.transaction() as tx:
            await _look(tx)
            yield tx

    async def counted(self) -> datetime | None:
        """Every sale that happened up to then has been added, on every partition; None before."""
        return await self.service.watermark(sales)


async def _look(tx: Transaction) -> None:
    assert sales.schema is not None
    await store.look_at(tx, sales.schema)
