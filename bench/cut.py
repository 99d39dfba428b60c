"""A cut of forecasting: what it holds in memory while it fits, and for how long its loop answers nobody meanwhile."""

import asyncio
import random
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import httpx
import psutil

from bench.cpu import Meter, Spent, proportional_mib
from bench.rows import Row
from bench.sales import load_sales, party, sale
from bench.setting import Sizes, fresh_stack, say
from shared.sql import load_queries

_SQL = load_queries(Path(__file__).with_name("cut.sql"))
_SERVICE = "forecasting"
_WEEKS = 52
_PAGE = 10_000
_SALES = 500
"""So that every partition has one, which passes the cut."""
_EVERY_S = 0.02
_PATIENCE_S = 1200
Connection = asyncpg.Connection


@dataclass(slots=True)
class Watch:
    """What was seen of a service while it worked: MiB of it and of the processes that it started, by the service alone
    and together, and milliseconds from each question to its answer, with those of the processor that its main thread
    used meanwhile.
    """

    own: list[float] = field(default_factory=list)
    whole: list[float] = field(default_factory=list)
    gaps: list[float] = field(default_factory=list)
    busy: list[float] = field(default_factory=list)


async def measure(sizes: Sizes) -> list[Row]:
    """The row `cut`: series forecast and parties scored for the first time, a second."""
    settings = {
        "RAPPORT_FORECASTING__MOST_SERIES": str(sizes.series),
        "RAPPORT_FORECASTING__FITTING_BUDGET": "PT1S",  # earlier origins cost time and little memory
    }
    async with fresh_stack([_SERVICE], settings) as stack:
        say(f"  {sizes.series} series of {_WEEKS} weeks, {sizes.scored} parties")
        connection = await asyncpg.connect(stack.superuser_dsn(_SERVICE))
        await _write(connection, sizes)
        meter, begun = Meter(stack.pids), time.perf_counter()
        async with _watched(stack.pids[_SERVICE], stack.url(_SERVICE)) as watch:
            await load_sales(stack.bootstrap, _SALES, _SALES, draw=_sale_of_now)
            await _wait(connection, sizes)
        seconds, spent = time.perf_counter() - begun, meter.spent()
        await connection.close()
    return [_row(sizes, watch, seconds, spent)]


def _row(sizes: Sizes, watch: Watch, seconds: float, spent: Spent) -> Row:
    number = sizes.series + sizes.scored
    return Row(
        "cut",
        number / seconds,
        "series and parties",
        p50_ms=_percentile(watch.gaps, 0.5),
        p99_ms=_percentile(watch.gaps, 0.99),
        cpu_us=spent.total / number * 1e6,
        parties=sizes.scored,
        more={
            "series": sizes.series,
            "memory_mib": max(watch.whole),
            "service_mib": max(watch.own),
            "gap_ms": max(watch.gaps),
            "busy_ms": max(watch.busy),
            **spent.per(number),
        },
        note="memory is that of the service and its fitting processes; gap, the longest that /healthz was not "
        "answered; busy, the most that the service's own thread calculated meanwhile",
    )


async def _write(connection: Connection, sizes: Sizes) -> None:
    today = datetime.now(UTC).date()
    cut = today - timedelta(days=today.weekday())
    await connection.execute(_SQL["add_products"], sizes.series)
    await connection.execute(_SQL["add_sums"], sizes.series, _WEEKS, cut)
    for begin in range(0, sizes.scored, _PAGE):
        parties = [party(number) for number in range(begin, min(begin + _PAGE, sizes.scored))]
        await connection.execute(_SQL["add_purchases"], parties, _WEEKS, cut)
    await connection.execute(_SQL["count_whole"])
    await connection.execute("vacuum analyze")


def _sale_of_now(dice: random.Random, party_id: str, number: int) -> tuple[str, bytes]:
    del dice
    return f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S}.000000Z", sale(party_id, number)


async def _wait(connection: Connection, sizes: Sizes) -> None:
    """Until the cut is done. Raises RuntimeError where less was made of it than there is."""
    async with asyncio.timeout(_PATIENCE_S):
        while (found := dict(await connection.fetchrow(_SQL["find_done"]) or {}))["cut"] is None:
            await asyncio.sleep(0.5)
    if found["forecasts"] < sizes.series or found["parties"] < sizes.scored:
        raise RuntimeError(f"of {sizes.series} series and {sizes.scored} parties a cut made {found}")


@asynccontextmanager
async def _watched(pid: int, url: str) -> AsyncIterator[Watch]:
    """Looks until the body is over."""
    watch = Watch()
    looking = asyncio.create_task(_look(watch, pid)), asyncio.create_task(_ask(watch, pid, url))
    try:
        yield watch
    finally:
        for task in looking:
            task.cancel()
        await asyncio.gather(*looking, return_exceptions=True)
    for task in looking:
        if not task.cancelled():
            task.result()  # what ended it is no figure


async def _look(watch: Watch, pid: int) -> None:
    while True:
        own, fitting = proportional_mib(pid), 0.0
        for child in psutil.Process(pid).children(recursive=True):
            with suppress(psutil.NoSuchProcess):
                fitting += proportional_mib(child.pid)
        watch.own.append(own)
        watch.whole.append(own + fitting)
        await asyncio.sleep(0.25)


async def _ask(watch: Watch, pid: int, url: str) -> None:
    async with httpx.AsyncClient(base_url=url, timeout=60) as http:
        while True:
            begun, used = time.perf_counter(), _used_ms(pid)
            (await http.get("/healthz")).raise_for_status()
            watch.gaps.append((time.perf_counter() - begun) * 1e3)
            watch.busy.append(_used_ms(pid) - used)
            await asyncio.sleep(_EVERY_S)


def _used_ms(pid: int) -> float:
    """Processor time of the main thread so far, on which the loop runs; steps of ten milliseconds."""
    return next(1e3 * (each.user_time + each.system_time) for each in psutil.Process(pid).threads() if each.id == pid)


def _percentile(values: list[float], share: float) -> float:
    """Nearest rank."""
    return sorted(values)[min(int(len(values) * share), len(values) - 1)]
