"""How fast this machine is: the bare loop of this run beside the one for which the absolute gates were set."""

import statistics
from collections.abc import Iterable

from bench.bare import bare_loop
from bench.rows import Row
from bench.sales import load_sales
from bench.setting import Sizes, fresh_stack, say, settle_collector
from bench.totals import forget, prepare

BATCH = 1_000
EXPECTED = 24_000
"""Events a second of the bare loop where the absolute gates hold as they are written."""
_ROUNDS = 3


async def measure(sizes: Sizes) -> float:
    """Events a second of the bare loop, the median of three rounds after one that warms up."""
    settle_collector()
    async with fresh_stack() as stack:
        say(f"  the bare loop, over {sizes.engine_events} sales of {sizes.parties} parties")
        dsn = await prepare(stack, sizes.parties)
        await load_sales(stack.bootstrap, sizes.engine_events, sizes.parties)
        rates = list[float]()
        for number in range(_ROUNDS + 1):
            await forget(dsn)
            rates.append(await bare_loop(stack.bootstrap, dsn, sizes.engine_events, f"yardstick-{number}", BATCH))
        return statistics.median(rates[1:])


def found(rows: Iterable[Row]) -> float | None:
    """The bare loop's rate where the engine was measured beside it."""
    return next((row.peer_rate for row in rows if row.work == "engine"), None)
