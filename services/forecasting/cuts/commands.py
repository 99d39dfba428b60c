"""Which cuts were worked on, and how far the sales have come that they are made of."""

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from datetime import date, datetime
from typing import Protocol
from uuid import UUID

from services.forecasting.cuts import store
from services.forecasting.cuts.domain import Cut, Progress
from services.forecasting.subscriptions import sales
from shared.engine.subscription import Subscription
from shared.engine.transaction import Transaction

_REASON = 300


class Source(Protocol):
    """A service as those see it who follow the watermark of its sales."""

    def transaction(self) -> AbstractAsyncContextManager[Transaction]: ...

    def read(self) -> AbstractAsyncContextManager[Transaction]: ...

    async def watermark(self, subscription: Subscription) -> datetime | None: ...


async def find_watermark(source: Source) -> datetime | None:
    """Every sale that happened up to then has been added, on every partition; None before."""
    return await source.watermark(sales)


async def find_newest_cut(tx: Transaction) -> Cut | None:
    """The newest cut whose forecasts stand."""
    return await store.find_newest_cut(tx)


async def open_cut(tx: Transaction, cut: date) -> bool:
    """False where another instance has the cut; waits while that one is about to commit."""
    return await store.open_cut(tx, cut)


async def set_aside(tx: Transaction, cut: date, reasons: Mapping[str, str]) -> None:
    """Remember what is left out of an open cut, by name, and why."""
    await store.set_aside(tx, cut, {name: reason[:_REASON] for name, reason in reasons.items()})


async def lock_cut(tx: Transaction, cut: date) -> Progress | None:
    """How far the scoring of the cut is; None where there is no such cut."""
    return await store.lock_cut(tx, cut)


async def is_open(tx: Transaction, cut: date) -> bool:
    """Whether the cut is the newest one and not done; others wait until this transaction is over."""
    progress, newest = await store.lock_cut(tx, cut), await store.find_newest_cut(tx)
    return progress is not None and not progress.scored and newest is not None and newest.cut == cut


async def save_cut(tx: Transaction, cut: date, after: UUID | None, *, scored: bool) -> None:
    """Remember the last party scored, and whether it was the last of all."""
    await store.save_cut(tx, cut, after, scored=scored)
