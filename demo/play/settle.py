"""Waits until nothing moves any more, and says what does if that takes too long."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from time import monotonic
from typing import TypeVar

from demo.play.watch import SQL, Standing, Trouble, Watch

T = TypeVar("T")
_LOOK_AGAIN = 0.3
_QUIET_LOOKS = 3  # in a row: between two looks a record may be in nobody's count


class NotSettledError(Exception):
    """The services did not come to rest; the message says what was left."""


async def until(
    look: Callable[[], Awaitable[T | None]], what: str, within: float = 120, look_again: float = _LOOK_AGAIN
) -> T:
    """What a look finds, once it finds anything. Raises NotSettledError."""
    deadline = monotonic() + within
    while (found := await look()) is None:
        if monotonic() > deadline:
            raise NotSettledError(f"{within:.0f} s were not enough for {what}")
        await asyncio.sleep(look_again)
    return found


async def until_handled(watch: Watch, topic: str, services: Sequence[str], within: float = 120) -> None:
    """These services have handled all of the topic. Raises NotSettledError."""
    deadline = monotonic() + within
    while behind := await watch.behind(topic, services):
        if monotonic() > deadline:
            raise NotSettledError(f"{behind:,} records of {topic} were not handled within {within:.0f} s")
        await asyncio.sleep(_LOOK_AGAIN)


async def until_settled(watch: Watch, now: datetime, within: float = 300) -> None:
    """All is handled, sent and published up to `now` of the stream's clock. Raises NotSettledError.

    `within` seconds may pass without anything becoming less, not in all: a big backlog may take long.
    """
    best, since, quiet = -1, monotonic(), 0
    while quiet < _QUIET_LOOKS:
        left = await _left(watch, now)
        quiet = 0 if left else quiet + 1
        total = sum(left.values())
        if best < 0 or total < best:
            best, since = total, monotonic()
        if monotonic() - since > within:
            raise NotSettledError("the services did not come to rest: " + _tell(left))
        await asyncio.sleep(_LOOK_AGAIN)


async def _left(watch: Watch, now: datetime) -> Mapping[str, int]:
    standings, troubles = await watch.standings(), await watch.troubles(now)
    (unsent,) = await watch.rows("marketing", SQL["count_unsent"])
    (unscored,) = await watch.rows("forecasting", SQL["count_unscored"])
    (unmerged,) = await watch.rows("contacts", SQL["count_unmerged"])
    left = {
        "marketing: letters to send": unsent["unsent"],
        "forecasting: cuts to score": unscored["unscored"],
        "contacts: parties to merge": unmerged["unmerged"],
    }
    for service, standing in standings.items():
        left |= _left_of(service, standing, troubles[service], now)
    return {what: count for what, count in left.items() if count}


def _left_of(service: str, standing: Standing, trouble: Trouble, now: datetime) -> Mapping[str, int]:
    return {
        f"{service}: records to handle": standing.lag,
        f"{service}: events to publish": trouble.outbox,
        f"{service}: timers that are due": trouble.due_timers,
        f"{service}: the clock": int(standing.passed is None or standing.passed < now),
    }


def _tell(left: Mapping[str, int]) -> str:
    return ", ".join(f"{what} {count:,}" for what, count in left.items())
