"""What all works share: sizes, progress on stderr, quiet logs, and a collector that looks at new objects only."""

import gc
import logging
import sys
import tempfile
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import structlog

from deploy.embedded.stack import EmbeddedStack


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much each work does. `seconds` is how long a fed or served run is watched."""

    full: bool
    parties: int
    engine_events: int
    relay_events: int
    rounds: int
    customers: int
    sales: int
    viewed: int
    found_among: int
    timers: int
    audited: int
    readers: int
    series: int
    scored: int
    seconds: float


CI = Sizes(
    False, 100_000, 100_000, 60_000, 5, 30_000, 60_000, 100_000, 100_000, 1_000_000, 200_000, 20_000, 500, 20_000, 20
)
FULL = Sizes(
    *(True, 1_000_000, 400_000, 200_000, 7, 100_000, 200_000, 100_000, 1_000_000, 1_000_000, 1_000_000, 100_000),
    *(10_000, 100_000, 60),
)


def say(text: str) -> None:
    """Progress, beside the answer."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def settle_collector() -> None:
    """As `shared.run.serve` sets it up: both sides of a comparison run with it."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000)


@asynccontextmanager
async def fresh_stack(
    services: Iterable[str] = (), env: dict[str, str] | None = None, fronts: Iterable[str] = ()
) -> AsyncIterator[EmbeddedStack]:
    """Kafka and Postgres with nothing in them, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="rapport-bench-", ignore_cleanup_errors=True) as folder:
        async with EmbeddedStack(Path(folder), services=services, fronts=fronts, env=env) as stack:
            yield stack


def quieten() -> None:
    """Services in this process write no log: a peer writes none either."""
    logging.disable(logging.CRITICAL)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
