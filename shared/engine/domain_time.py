"""The time that domain rules see: the wall clock, or the stream's clock in a replay."""

import asyncio
from datetime import datetime

from shared import clock
from shared.engine.applier import Applied


class DomainTime:
    """On the stream's clock the time is what every partition has passed, and stands still between ticks."""

    def __init__(self, *, stream: bool) -> None:
        self.stream = stream
        self.ticked = asyncio.Event()
        self.timers_woken = asyncio.Event()
        self._passed: datetime | None = None

    def now(self) -> datetime:
        return (self._passed if self.stream else None) or clock.now()

    def passed(self, at: datetime) -> None:
        self._passed = at

    def applied(self, applied: Applied) -> None:
        """Wake the loops that wait for the stream's clock where a batch moved it."""
        if applied.ticked:
            self.ticked.set()
            self.timers_woken.set()
