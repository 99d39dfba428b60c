"""The 360 view over HTTP, beside a bare route with the same statement in a process of its own."""

import asyncio
import os
import statistics
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg

from bench.client import run_client
from bench.cpu import Meter
from bench.parties import LINES, add_parties
from bench.rows import Row
from bench.setting import Sizes, fresh_stack, say
from deploy.embedded.ports import answers, free_port
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
        port = stack.url("contacts").rpartition(":")[2]
        async with _bare_route(stack) as bare_port:
            return [await _compare(stack, sizes, port, bare_port)]


async def _compare(stack: EmbeddedStack, sizes: Sizes, port: str, bare_port: int) -> Row:
    ours: list[dict[str, float]] = []
    theirs: list[dict[str, float]] = []
    spent: list[float] = []
    for number in range(sizes.rounds + 1):
        for side in ("ours", "theirs") if number % 2 else ("theirs", "ours"):
            meter = Meter(stack.pids)
            asked = port if side == "ours" else bare_port
            answer = await run_client("bench.load", asked, _ROUND_S, CLIENTS, "view", sizes.viewed)
            (ours if side == "ours" else theirs).append(answer)
            if side == "ours":
                parts = meter.spent().parts
                requests = answer["requests"] * (_ROUND_S + 1) / _ROUND_S
                spent.append((parts["contacts"] + parts["postgres"]) / requests * 1e6)
        say(f"  round {number}: {ours[-1]['rate']:,.0f}/s, bare route {theirs[-1]['rate']:,.0f}/s")
    ratios = [mine["rate"] / peer["rate"] for mine, peer in zip(ours[1:], theirs[1:], strict=True)]

    def median(name: str) -> float:
        return statistics.median(answer[name] for answer in ours[1:])

    return Row(
        "360 view",
        median("rate"),
        "requests",
        "bare FastAPI + asyncpg route, same statement",
        statistics.median(answer["rate"] for answer in theirs[1:]),
        statistics.median(ratios),
        median("p50_ms"),
        median("p99_ms"),
        cpu_us=statistics.median(spent[1:]),
        parties=sizes.viewed,
        more={
            "client_us": median("client_us"),
            "peer_p99_ms": statistics.median(answer["p99_ms"] for answer in theirs[1:]),
            "lowest_ratio": min(ratios),
            "highest_ratio": max(ratios),
        },
        note=f"{CLIENTS} clients; cpu of contacts and Postgres; the clients' own is client_us a request",
    )


@asynccontextmanager
async def _bare_route(stack: EmbeddedStack) -> AsyncIterator[int]:
    port = free_port(set())
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bench.bare_route", str(port)),
        env={**os.environ, "BENCH_DSN": stack.dsn("contacts")},
    )
    try:
        while not answers(port):
            if process.returncode is not None:
                raise RuntimeError("the bare route ended: its error is above")
            await asyncio.sleep(0.1)
        yield port
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()
