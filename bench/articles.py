"""What may answer a request that is being written, among few articles and among many."""

from pathlib import Path

import asyncpg

from bench.client import run_client
from bench.cpu import Meter
from bench.rows import Row
from bench.setting import Sizes, fresh_stack, say
from deploy.embedded.stack import EmbeddedStack
from services.support.knowledge.store import SQL as KNOWLEDGE
from shared.sql import load_queries

SQL = load_queries(Path(__file__).with_name("articles.sql"))
MOST, WORDS = 10_000, 20_000
_CLIENTS = 2


async def measure(sizes: Sizes) -> list[Row]:
    """The row `suggestions`, by words: support in one process over HTTP."""
    articles = min(sizes.found_among, MOST)
    async with fresh_stack(["support"]) as stack:
        few = await _among(stack, 0, articles // 10, sizes.seconds)
        many = await _among(stack, articles // 10, articles, sizes.seconds)
    return [
        Row(
            "suggestions",
            many["rate"],
            "requests",
            p50_ms=many["p50_ms"],
            p99_ms=many["p99_ms"],
            cpu_us=many["cpu_us"],
            more={"growth": many["cpu_us"] / few["cpu_us"], "p95_ms": many["p95_ms"], "client_us": many["client_us"]},
            note=f"{_CLIENTS} clients, requests of forty words, {articles:,} articles of 480; growth against a tenth",
        )
    ]


async def _among(stack: EmbeddedStack, first: int, articles: int, seconds: float) -> dict[str, float]:
    """What was measured once there are so many, of which the first are there."""
    connection = await asyncpg.connect(stack.superuser_dsn("support"))
    await connection.execute(SQL["fill_articles"], first, articles, WORDS)
    for statement in (KNOWLEDGE["add_missing_words"], SQL["analyze_words"], SQL["analyze_texts"]):
        await connection.execute(statement)
    await connection.close()
    say(f"  {_CLIENTS} clients for {seconds:g} s, {articles:,} articles")
    meter, port = Meter(stack.pids), int(stack.url("support").rpartition(":")[2])
    answer = await run_client("bench.load", port, seconds, _CLIENTS, "suggestions", WORDS)
    parts = meter.spent().parts
    cpu_us = (parts["support"] + parts["postgres"]) / answer["rate"] / (seconds + 1) * 1e6
    return {**answer, "cpu_us": cpu_us}
