"""The audit of follow-ups over HTTP, with a year of sales in marketing's tables."""

import statistics
import time
from pathlib import Path

import asyncpg
import httpx

from bench.cpu import Meter
from bench.rows import Row
from bench.setting import Sizes, fresh_stack, say
from shared.sql import load_queries

_SQL = load_queries(Path(__file__).with_name("audit.sql"))
_TABLES = ("add_enrolments", "add_messages", "add_timers")


async def measure(sizes: Sizes) -> list[Row]:
    """The row `audit`: sales counted per second, and the milliseconds of a whole answer."""
    async with fresh_stack(["marketing"]) as stack:
        say(f"  {sizes.audited} sales with enrolments, messages and timers are written")
        connection = await asyncpg.connect(stack.superuser_dsn("marketing"))
        await _open_months(connection)
        await connection.fetch(_SQL["add_sales"], sizes.audited)
        for name in _TABLES:
            await connection.execute(_SQL[name])
        await connection.execute("vacuum analyze")
        await connection.execute("checkpoint")
        await connection.close()
        async with httpx.AsyncClient(base_url=stack.url("marketing"), timeout=60) as http:
            return [await _count(http, stack.pids, sizes)]


async def _open_months(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    """The service opens some itself: neither waits for the other for longer than a second."""
    while True:
        try:
            await connection.execute(_SQL["open_months"])
        except asyncpg.LockNotAvailableError:
            continue
        return


async def _count(http: httpx.AsyncClient, pids: dict[str, int], sizes: Sizes) -> Row:
    meter = Meter(pids)
    counted = [await _seconds(http, sizes.audited) for _ in range(sizes.rounds)]
    parts = meter.spent().per(sizes.audited * sizes.rounds)
    listed = [await _seconds(http, 0, outcome=outcome) for outcome in ("missing", "skipped")]
    say("  counted in " + ", ".join(f"{seconds:.2f} s" for seconds in counted))
    middle = statistics.median(counted)
    return Row(
        "audit",
        sizes.audited / middle,
        "sales",
        p50_ms=middle * 1e3,
        p99_ms=max(counted) * 1e3,
        cpu_us=parts["postgres_us"] + parts["marketing_us"],
        parties=sizes.audited // 5,
        more={
            "sales": sizes.audited,
            "missing_ms": listed[0] * 1e3,
            "skipped_ms": listed[1] * 1e3,
            "postgres_us": parts["postgres_us"],
        },
        note="one client; missing: a page that finds nothing, skipped: a first page of many",
    )


async def _seconds(http: httpx.AsyncClient, sales: int, **params: str) -> float:
    begun = time.perf_counter()
    answer = (await http.get("/v1/audit/follow-ups", params=params)).raise_for_status().json()
    seconds = time.perf_counter() - begun
    if not params and (answer["sales"] != sales or answer["missing"] or answer["double"]):
        raise RuntimeError(f"the audit of {sales} whole sales says {answer}")
    return seconds
