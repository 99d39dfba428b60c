"""The loops of a subscription beside its reader: its timers, and the stream's clock that it passes on."""

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
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
            await self._fire(watermarks)
            await _wait(self._time.timers_woken, _LOOK_FOR_TIMERS_S)

    async def _fire(self, watermarks: Mapping[int, datetime]) -> None:
        """Name by name in their order: what fires may set timers of the names behind it."""
        names = list(self._subscription.timers)
        while due := await self._find_due(names, watermarks):
            name = next(name for name in names if name in due)
            fired = await fire_due(self._subscription, self._ledger, name, due[name], self._limit, is_infrastructure)
            metrics.TIMERS_FIRED.labels(self._subscription.group, name).inc(fired)
            names = names[names.index(name) + (0 if fired else 1) :]

    async def _find_due(
        self, names: Sequence[str], watermarks: Mapping[int, datetime]
    ) -> dict[str, dict[int, datetime]]:
        """By name, the watermarks of the partitions in which some are due."""
        rows = await self._database.main.fetch(SQL["next_timers"], names, sorted(watermarks))
        earliest: dict[str, dict[int, datetime]] = {}
        for row in rows:
            if row["due_at"] is not None:
                earliest.setdefault(row["name"], {})[row["partition"]] = row["due_at"]
        found = {name: due_partitions(of_name, watermarks) for name, of_name in earliest.items()}
        return {name: due for name, due in found.items() if due}


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
