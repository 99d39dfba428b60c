"""The engine beside the bare loop: the same records, the same model, the same upsert, in turns on one machine."""

import asyncio
import statistics
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from uuid import uuid5

import asyncpg
from pydantic_core import to_json

from bench.bare import bare_loop
from bench.cpu import Meter
from bench.rows import Row
from bench.sales import load_sales
from bench.setting import Sizes, fresh_stack, say, settle_collector
from bench.totals import UPSERT, forget, prepare, totals
from bench.yardstick import BATCH
from shared.engine.event import Emission, Event
from shared.engine.postgres_relay import SQL
from shared.engine.service import Service
from shared.engine.subscription import Subscription
from shared.engine.transaction import Transaction
from shared.events.campaigns import EnrolmentStarted
from shared.events.sales import SALES, SaleCompleted
from shared.ids import RAPPORT
from shared.settings import ServiceSettings

_PATIENCE_S = 600
_LINE = ("party_id", "occurred_at", "recorded_at", "event_id", "type", "source", "summary")
Sales = Sequence[Event[SaleCompleted]]


@dataclass(slots=True)
class Progress:
    """When the first batch came, and when the last of `left` events was committed."""

    left: int
    begun: float = 0.0
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    def watch(self, batch: Sales, tx: Transaction) -> None:
        """Call first in a handler."""
        self.begun = self.begun or time.perf_counter()
        tx.after_commit(partial(self._committed, len(batch)))

    async def _committed(self, number: int) -> None:
        self.left -= number
        if self.left <= 0:
            self.ended.set()


Subscribe = Callable[[str, Progress], Subscription]


async def measure(sizes: Sizes) -> list[Row]:
    """The rows `engine`, and with a timeline and an outbox row per event, held and relayed."""
    settle_collector()
    async with fresh_stack() as stack:
        say(f"  {sizes.parties} parties, {sizes.engine_events} sales")
        dsn, events = await prepare(stack, sizes.parties), sizes.engine_events
        await load_sales(stack.bootstrap, events, sizes.parties)
        rows = [await _beside_the_bare_loop(stack.bootstrap, dsn, sizes)]
        async with _relay_held(dsn):
            rates = [await run_engine(stack.bootstrap, dsn, events, f"held-{n}", timeline) for n in range(2)]
        rows.append(
            Row(
                "engine with timeline and outbox",
                max(rates),
                "events",
                parties=sizes.parties,
                note="upsert, a timeline row by COPY and an outbox row an event, in one process; not relayed",
            )
        )
        return rows


async def _beside_the_bare_loop(bootstrap: str, dsn: str, sizes: Sizes) -> Row:
    """Medians over rounds; who begins changes from round to round. The first round warms up and does not count."""
    ours, theirs, spent, events = [], [], [], sizes.engine_events
    for number in range(sizes.rounds + 1):
        for side in ("ours", "theirs") if number % 2 else ("theirs", "ours"):
            await forget(dsn)
            meter = Meter()
            if side == "ours":
                ours.append(await run_engine(bootstrap, dsn, events, f"engine-{number}", plain))
                spent.append(meter.spent().total / events * 1e6)
            else:
                theirs.append(await bare_loop(bootstrap, dsn, events, f"bare-{number}", BATCH))
        say(f"  round {number}: engine {ours[-1]:,.0f}/s, bare loop {theirs[-1]:,.0f}/s")
    ratios = [mine / peer for mine, peer in zip(ours[1:], theirs[1:], strict=True)]
    return Row(
        "engine",
        statistics.median(ours[1:]),
        "events",
        "bare aiokafka + asyncpg loop",
        statistics.median(theirs[1:]),
        statistics.median(ratios),
        cpu_us=statistics.median(spent[1:]),
        parties=sizes.parties,
        more={"lowest_ratio": min(ratios), "highest_ratio": max(ratios)},
        note="same model, same upsert, same collector, in turns; cpu of client, broker and database",
    )


def plain(group: str, progress: Progress) -> Subscription:
    """Totals by party and nothing else."""
    subscription = Subscription(group, kind="process", topics=[SALES])

    @subscription.topic(SALES)
    async def total_sales(batch: Sales, tx: Transaction) -> None:
        progress.watch(batch, tx)
        await tx.execute(UPSERT, *totals([event.data for event in batch]))

    return subscription


def timeline(group: str, progress: Progress) -> Subscription:
    """Totals by party, a line of a history and an event to publish for each sale."""
    subscription = Subscription(group, kind="process", topics=[SALES])

    @subscription.topic(SALES)
    async def keep_history(batch: Sales, tx: Transaction) -> None:
        progress.watch(batch, tx)
        await tx.execute(UPSERT, *totals([event.data for event in batch]))
        await tx.copy("bench_line", _LINE, [_line(group, event) for event in batch])
        tx.emit(Emission(_enrolled(event.data, event), event.time, event) for event in batch)

    return subscription


def _line(group: str, event: Event[SaleCompleted]) -> tuple[object, ...]:
    sale = event.data
    summary = to_json({"total": sale.total, "lines": sale.lines, "store": sale.store}).decode()
    return sale.party_id, event.time, event.now, f"{group}/{event.id}", event.type, event.source, summary


def _enrolled(sale: SaleCompleted, event: Event[SaleCompleted]) -> EnrolmentStarted:
    return EnrolmentStarted(
        enrolment_id=uuid5(RAPPORT, event.id),
        party_id=sale.party_id,
        campaign="thanks",
        campaign_version=1,
        trigger_event_id=event.id,
        follow_up=True,
        recorded_at=event.now,
    )


async def run_engine(bootstrap: str, dsn: str, events: int, name: str, subscribe: Subscribe) -> float:
    """Events a second, from the first batch to the last commit."""
    progress = Progress(events)
    settings = ServiceSettings(
        kafka={"brokers": bootstrap}, database={"dsn": dsn}, auth={"mode": "off"}, engine={"batch_records": BATCH}
    )
    service = Service("bench", settings, [subscribe(f"bench.{name}", progress)])
    await service.start()
    try:
        await asyncio.wait_for(progress.ended.wait(), _PATIENCE_S)
        return events / (time.perf_counter() - progress.begun)
    finally:
        await service.stop()


@asynccontextmanager
async def _relay_held(dsn: str) -> AsyncIterator[None]:
    """Somebody else holds the shard, so that the service fills its outbox and relays nothing."""
    connection = await asyncpg.connect(dsn)
    await connection.fetchval(SQL["try_relay_lock"], 0)
    try:
        yield
    finally:
        await connection.close()
