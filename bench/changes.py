"""Open pages that hear of every sale, while 200 sales a second come in: how late, and what a page costs."""

import asyncio
from urllib.parse import urlsplit

from bench.client import run_client
from bench.cpu import Meter, resident_mib
from bench.rows import Row
from bench.setting import Sizes, fresh_stack, say
from shared.run.discovery import SERVICES

STREAMS, RATE = 200, 200


async def measure(sizes: Sizes) -> list[Row]:
    """The row `changes`: from the time at which a sale was to be sent to crm.ingest to each open page."""
    async with fresh_stack(SERVICES) as stack:
        await run_client("bench.feed", stack.bootstrap, "introduce", sizes.customers)
        number = int(RATE * sizes.seconds)
        await run_client("bench.feed", stack.bootstrap, "pace", sizes.customers, number, RATE)
        say(f"  {STREAMS} pages, {RATE} sales a second for {sizes.seconds:g} s")
        pid, port = stack.pids["contacts"], urlsplit(stack.url("contacts")).port
        before, meter = resident_mib(pid), Meter(stack.pids)
        hearing = asyncio.create_task(
            run_client("bench.hear", port, stack.bootstrap, STREAMS, sizes.customers, number, RATE)
        )
        seen = [before]
        while not hearing.done():
            seen.append(resident_mib(pid))
            await asyncio.wait([hearing], timeout=0.5)
        answer, spent = await hearing, meter.spent()
    half = len(seen) // 2
    return [
        Row(
            "changes",
            answer["rate"],
            "changes told",
            p50_ms=answer["p50_ms"],
            p99_ms=answer["p99_ms"],
            cpu_us=spent.parts["contacts"] / (number * STREAMS) * 1e6,
            parties=sizes.customers,
            more={
                "max_ms": answer["max_ms"],
                "mib_a_page": max(max(seen) - before, 0) / STREAMS,
                "mib_grown": max(seen[half:]) - max(seen[:half]),
            },
            note=f"{STREAMS} pages that hear of every sale; from when it was to be sent to when each page was told",
        )
    ]
