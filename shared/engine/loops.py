"""The loops of a subscription beside its reader: its timers, and the stream's clock that it passes on."""

import asyncio
import contextlib
from collections.abc import Mapping
from datetime import datetime
from typing import NoReturn

from shared.engine.database import Database
from shared.engine.domain_time import DomainTime
from shared.engine.postgres import SQL, PostgresLedger, is_infrastructure
from shared.engine.subscription import Subscription
from shared.engine.ticks import pass_ticks
from shared.engine.timers import due_partitions, fire_due
from shared.events.ingest import INGEST
from shared.telemetry import metrics

_LOOK_FOR_TIMERS_S = 0.5
_LOOK_FOR_TICKS_S = 1


class TimerLoop:
    """Fires the timers of one subscription as its watermarks pass them."""

    def __init__(
        self, subscription: Subscription, database: Database, ledger: PostgresLedger, time: DomainTime, limit: int
    ) -> None:
        """`limit` is how many timers one transaction handles."""
        self._subscription = subscription
        self._database = database
        self._ledger = ledger
        self._time = time
        self._limit = limit

    async def run(self) -> NoReturn:
        while True:
            watermarks = await self._database.watermarks(self._subscription)
            if watermarks and self._time.stream:
                self._time.passed(min(watermarks.values()))
            for name in self._subscription.timers:
                await self._fire(name, watermarks)
            await _wait(self._time.timers_woken, _LOOK_FOR_TIMERS_S)

    async def _fire(self, name: str, watermarks: Mapping[int, datetime]) -> None:
        while True:
            rows = await self._database.main.fetch(SQL["next_timers"], name, sorted(watermarks))
            earliest = {row["partition"]: row["due_at"] for row in rows if row["due_at"] is not None}
            due = due_partitions(earliest, watermarks)
            if not due:
                return
            fired = await fire_due(self._subscription, self._ledger, name, due, self._limit, is_infrastructure)
            metrics.TIMERS_FIRED.labels(self._subscription.group, name).inc(fired)
            if not fired:
                return


async def pass_clock(subscription: Subscription, ledger: PostgresLedger, time: DomainTime) -> NoReturn:
    while True:
        await _wait(time.ticked, _LOOK_FOR_TICKS_S)
        passed = await pass_ticks(subscription, ledger, INGEST)
        if passed is not None:
            time.passed(passed)


async def _wait(woken: asyncio.Event, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await woken.wait()
    woken.clear()
