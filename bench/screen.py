"""From Kafka to the screen: customers' pages that are open at the console while 200 sales a second come in."""

import asyncio
from urllib.parse import urlsplit

from bench.client import run_client
from bench.cpu import resident_mib, tree_seconds
from bench.rows import Row
from bench.setting import Sizes, fresh_stack, say
from shared.run.discovery import FRONTS, SERVICES

PAGES, RATE, CUSTOMERS = 200, 200, 2_000


async def measure(sizes: Sizes) -> list[Row]:
    """The row `screen`: from the time at which a sale was to be sent to when its customer's page shows it."""
    async with fresh_stack(SERVICES, fronts=FRONTS) as stack:
        await run_client("bench.feed", stack.bootstrap, "introduce", CUSTOMERS)
        await run_client("bench.feed", stack.bootstrap, "pace", CUSTOMERS, RATE * 5, RATE)
        number = int(RATE * sizes.seconds)
        say(f"  {PAGES} customers' pages, {RATE} sales a second for {sizes.seconds:g} s")
        pid = stack.pids["console"]
        ports = (urlsplit(stack.url(name)).port for name in ("console", "contacts"))
        before, used = resident_mib(pid), tree_seconds(pid)
        watching = asyncio.create_task(
            run_client("bench.watch", *ports, stack.bootstrap, PAGES, CUSTOMERS, number, RATE)
        )
        seen = [before]
        while not watching.done():
            await asyncio.wait([watching], timeout=0.5)
            seen.append(resident_mib(pid))
        answer = await watching
        used = tree_seconds(pid) - used
    half = len(seen) // 2
    return [
        Row(
            "screen",
            answer["rate"],
            "pages made anew",
            p50_ms=answer["p50_ms"],
            p99_ms=answer["p99_ms"],
            parties=CUSTOMERS,
            more={
                "max_ms": answer["max_ms"],
                "shown": answer["shown"],
                "failed": answer["failed"],
                "console_us": used / answer["fetched"] * 1e6,
                "mib_a_page": max(max(seen) - before, 0) / PAGES,
                "mib_grown": max(seen[half:]) - max(seen[:half]),
            },
            note="a page takes what is new 150 ms after news, and pauses for four times as long as that took",
        )
    ]
