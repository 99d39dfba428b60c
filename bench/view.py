"""The 360 view over HTTP, beside a bare route with the same statement in a process of its own."""

import asyncio
import os
import statistics
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

import asyncpg

from bench.client import run_client
from bench.cpu import Meter
from bench.parties import LINES, add_parties
from bench.rows import Row
from bench.setting import Sizes, fresh_stack, say
from deploy.embedded.ports import answers, free_port
from deploy.embedded.process import Child
from deploy.embedded.stack import EmbeddedStack

CLIENTS = 8
_ROUND_S = 4


async def measure(sizes: Sizes) -> list[Row]:
    """The row `360 view`, a median over rounds in turns."""
    async with fresh_stack(["contacts"]) as stack:
        say(f"  {sizes.viewed} parties with {LINES} lines each are written")
        connection = await asyncpg.connect(stack.superuser_dsn("contacts"))
        await add_parties(connection, 0, sizes.viewed, history=True)
        await connection.close()
        port = int(stack.url("contacts").rpartition(":")[2])
        async with _bare_route(stack) as (bare_port, pid):
            return [await _compare({**stack.pids, "bare": pid}, sizes, {"contacts": port, "bare": bare_port})]


async def _compare(pids: dict[str, int], sizes: Sizes, ports: dict[str, int]) -> Row:
    answers: dict[str, list[dict[str, float]]] = {side: [] for side in ports}
    for number in range(sizes.rounds + 1):
        for side in sorted(ports, reverse=number % 2 == 1):
            answers[side].append(await _viewed(pids, side, ports[side], sizes))
        say(f"  round {number}: " + ", ".join(f"{side} {answers[side][-1]['rate']:,.0f}/s" for side in ports))
    ours, theirs = answers["contacts"], answers["bare"]
    ratios = [mine["rate"] / peer["rate"] for mine, peer in zip(ours[1:], theirs[1:], strict=True)]

    def median(name: str, of: list[dict[str, float]] = ours) -> float:
        return statistics.median(answer[name] for answer in of[1:])

    return Row(
        "360 view",
        median("rate"),
        "requests",
        "bare FastAPI + asyncpg route, same statement",
        median("rate", theirs),
        statistics.median(ratios),
        median("p50_ms"),
        median("p99_ms"),
        cpu_us=median("own_us") + median("postgres_us"),
        parties=sizes.viewed,
        more={
            "contacts_us": median("own_us"),
            "bare_us": median("own_us", theirs),
            "postgres_us": median("postgres_us"),
            "client_us": median("client_us"),
            "bare_p99_ms": median("p99_ms", theirs),
            "lowest_ratio": min(ratios),
            "highest_ratio": max(ratios),
        },
        note=f"{CLIENTS} clients; cpu of contacts and Postgres; the clients' own is client_us a request",
    )


async def _viewed(pids: dict[str, int], side: str, port: int, sizes: Sizes) -> dict[str, float]:
    seconds = min(_ROUND_S, sizes.seconds)
    meter = Meter(pids)
    answer = await run_client("bench.load", port, seconds, CLIENTS, "view", sizes.viewed)
    parts = meter.spent().parts
    requests = answer["rate"] * (seconds + 1)  # the clients warm up for a second
    return {**answer, "own_us": parts[side] / requests * 1e6, "postgres_us": parts["postgres"] / requests * 1e6}


@asynccontextmanager
async def _bare_route(stack: EmbeddedStack) -> AsyncIterator[tuple[int, int]]:
    """Its port and its process, a child of the same kind as a service: the scheduler treats sessions alike."""
    port = free_port(set())
    route = Child("bare-route", stack.folder.logs / "bare-route.log")
    environment = {**os.environ, "BENCH_DSN": stack.dsn("contacts")}
    await asyncio.to_thread(route.start, (sys.executable, "-m", "bench.bare_route", str(port)), environment)
    try:
        await asyncio.to_thread(route.wait_ready, partial(answers, port), 30)
        assert route.pid is not None
        yield port, route.pid
    finally:
        await asyncio.to_thread(route.stop)
