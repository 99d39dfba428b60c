"""A million timers wait, and a thousand a second are due."""

import asyncio
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import asyncpg

from bench.cpu import Meter, Spent
from bench.rows import Row
from bench.setting import Sizes, fresh_stack, say, settle_collector
from bench.totals import SERVICE
from shared.engine.event import Event
from shared.engine.service import Service
from shared.engine.subscription import Due, Subscription
from shared.engine.transaction import Transaction
from shared.events.sales import SALES, SaleCompleted
from shared.settings import ServiceSettings

A_SECOND, NAME = 1_000, "bench"
_AHEAD_S = 10
FILL = """
insert into timer (name, id, partition, due_at)
select $1, gen_random_uuid(), (random() * 11)::smallint, $2::timestamptz + n * $3::interval
from generate_series(1, $4) as n
"""


async def measure(sizes: Sizes) -> list[Row]:
    """The row `timers`."""
    settle_collector()
    async with fresh_stack() as stack:
        await stack.ensure_databases(SERVICE)
        dsn = stack.superuser_dsn(SERVICE)
        fired: list[float] = []
        service = _service(stack.bootstrap, dsn, fired)
        await service.start()
        try:
            await _ready(service)
            say(f"  {sizes.timers} timers for next year are written")
            await _fill(dsn, datetime.now(UTC) + timedelta(days=365), timedelta(seconds=1), sizes.timers)
            idle = await _watched(stack.pids, sizes.seconds)
            say(f"  {A_SECOND} a second are due for {sizes.seconds:g} s")
            number = int(A_SECOND * (sizes.seconds + _AHEAD_S))
            await _fill(dsn, datetime.now(UTC) + timedelta(seconds=2), timedelta(seconds=1 / A_SECOND), number)
            await asyncio.sleep(5)
            fired.clear()
            busy = await _watched(stack.pids, sizes.seconds)
            return [_row(fired, idle, busy, sizes)]
        finally:
            await service.stop()


async def _ready(service: Service) -> None:
    while service.obstacle is not None or await service.watermark(service.subscriptions[0]) is None:
        await asyncio.sleep(0.2)


def _service(bootstrap: str, dsn: str, late: list[float]) -> Service:
    """A service with one timer handler that notes how late each was."""
    subscription = Subscription("bench.timers", kind="process", topics=[SALES])

    @subscription.topic(SALES)
    async def hear_nothing(batch: Sequence[Event[SaleCompleted]], tx: Transaction) -> None:
        del batch, tx

    @subscription.timer(NAME)
    async def note(due: Sequence[Due], tx: Transaction) -> None:
        del tx
        now = time.time()
        late.extend(now - timer.due_at.timestamp() for timer in due)

    settings = ServiceSettings(kafka={"brokers": bootstrap}, database={"dsn": dsn}, auth={"mode": "off"})
    return Service("bench", settings, [subscription])


async def _fill(dsn: str, first: datetime, step: timedelta, number: int) -> None:
    connection = await asyncpg.connect(dsn)
    await connection.execute(FILL, NAME, first, step, number)
    if number > A_SECOND:
        await connection.execute("analyze timer")
    await connection.close()


async def _watched(pids: dict[str, int], seconds: float) -> Spent:
    meter = Meter(pids)
    await asyncio.sleep(seconds)
    return meter.spent()


def _row(late: list[float], idle: Spent, busy: Spent, sizes: Sizes) -> Row:
    def cores(spent: Spent) -> float:
        return (spent.parts["bench"] + spent.parts["postgres"]) / sizes.seconds

    late.sort()
    return Row(
        "timers",
        len(late) / sizes.seconds,
        "timers",
        p50_ms=late[len(late) // 2] * 1e3,
        p99_ms=late[len(late) * 99 // 100] * 1e3,
        cpu_us=(cores(busy) - cores(idle)) * sizes.seconds / len(late) * 1e6,
        cores=cores(busy) - cores(idle),
        more={"waiting": sizes.timers, "idle_cores": cores(idle), "with_idle_cores": cores(busy)},
        note="cores above an idle service, of service and database; p50 and p99 say how late they fired",
    )
