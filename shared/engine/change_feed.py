"""What an instance tells its listeners: one look at the log serves all of them, and nothing is kept for any of them.

A listener has a position and nothing else. Whoever is slow reads later, from the last pages in memory or from the log
itself, and holds up nobody.
"""

import asyncio
import time
from collections import deque
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from typing import NoReturn

import asyncpg

from shared.engine.change_log import ChangeLog, Page, Position, Snapshot

_LOOK_S = 0.1
_BEAT_S = 10.0
_STALE = 30_000_000  # microseconds after which what is in memory is of no use
_LINES_KEPT = 10_000


@dataclass(frozen=True, slots=True)
class Beat:
    """Everything up to this position was told."""

    end: Position


@dataclass(frozen=True, slots=True)
class Reset:
    """What came after the listener's position is not known any more: it begins anew at this one."""

    end: Position


Step = Page | Beat | Reset


class ChangeFeed:
    """Looks at the log while somebody listens. `run` is a task of the service; whoever listens before it runs waits."""

    def __init__(self, pool: Callable[[], asyncpg.Pool]) -> None:
        self.log = ChangeLog(pool)
        self._listeners = 0
        self._wanted = asyncio.Event()
        self._moved = asyncio.Event()
        self._begun = self._done = 0
        self._seen: Snapshot | None = None
        self._latest: Position | None = None
        self._steps: deque[Page | Beat] = deque()
        self._lines = 0
        self._next = 0
        self._beaten_at = 0.0
        self._catching_up = asyncio.Lock()
        self._closed = False

    def close(self) -> None:
        """End every listener after what it was told."""
        self._closed = True
        self._wake()

    # --- looking

    async def run(self) -> NoReturn:
        while True:
            await self._wanted.wait()
            self._begun += 1
            now = await self.log.look()
            if not await self._extend(now):
                self._restart(now)
            self._seen, self._done = now.base, self._begun
            self._wake()
            await asyncio.sleep(_LOOK_S)

    async def _extend(self, now: Position) -> bool:
        """Add what is new since the last look; False where that is too much, too long ago, or of another database."""
        position = self._latest
        if position is None or position.database != now.database or now.base.at - position.base.at > _STALE:
            return False
        pages: list[Page] = []
        while not pages or position.upto is not None:
            page = await self.log.read(position, now.base)
            if page is None:
                return False
            pages.append(page)
            position = page.end
            if sum(len(each.entries) for each in pages) > _LINES_KEPT:
                return False
        beat = time.monotonic() - self._beaten_at > _BEAT_S
        news = [page for page in pages if page.entries]
        if news or beat:
            self._latest = position
            self._keep(news, beat=beat)
        return True

    def _keep(self, news: list[Page], *, beat: bool) -> None:
        steps: list[Page | Beat] = list(news)
        if beat:
            assert self._latest is not None
            self._beaten_at = time.monotonic()
            steps.append(Beat(self._latest))
        self._steps += steps
        self._next += len(steps)
        self._lines += sum(len(page.entries) for page in news)
        while self._lines > _LINES_KEPT or len(self._steps) > _LINES_KEPT:
            gone = self._steps.popleft()
            self._lines -= len(gone.entries) if isinstance(gone, Page) else 0

    def _restart(self, now: Position) -> None:
        self._steps.clear()
        self._lines = 0
        self._next += 1
        self._latest = now

    def _wake(self) -> None:
        self._moved.set()
        self._moved = asyncio.Event()

    # --- listening

    async def listen(self, start: Position | None) -> AsyncGenerator[Step, None]:
        """Everything after a position, or from now on. First a Beat, or a Reset where that position is of no use.

        Ends when the feed is closed. Raises asyncpg's errors: the listener may come again with its position.
        """
        self._listeners += 1
        self._wanted.set()
        try:
            step, number = await self._enter(start)
            while step is not None:
                yield step
                step, number = await self._after(step.end, number)
        finally:
            self._listeners -= 1
            if not self._listeners:
                self._wanted.clear()

    async def _enter(self, start: Position | None) -> tuple[Step | None, int | None]:
        """The first step, and the number of the next in memory, None where the log has it."""
        asked = self._begun
        while self._done <= asked:
            if self._closed:
                return None, None
            await self._moved.wait()
        assert self._latest is not None
        assert self._seen is not None
        if start is None:
            return Beat(self._latest), self._next
        # What looked after the listener came saw everything that any instance can have told it.
        if start.database != self._latest.database or not self._seen.saw(start.upto or start.base):
            return Reset(self._latest), self._next
        return Beat(start), None

    async def _after(self, position: Position, number: int | None) -> tuple[Step | None, int | None]:
        while not self._closed:
            if number is not None and number < self._next - len(self._steps):
                number = None
            if number is None:
                step = await self._catch_up(position)
                position = step.end
                number = self._next if position == self._latest else None
                if not isinstance(step, Page) or step.entries:
                    return step, number
            elif number < self._next:
                return self._steps[number - self._next], number + 1
            else:
                await self._moved.wait()
        return None, None

    async def _catch_up(self, position: Position) -> Step:
        """The next step from the log. One listener at a time, and half of the time none: the service goes on beside."""
        async with self._catching_up:
            assert self._latest is not None
            latest, begun = self._latest, time.monotonic()
            if position.database != latest.database:
                return Reset(latest)
            if position.upto is None and not latest.base.saw(position.base):
                return Beat(latest)  # another instance looked later, and there was nothing new
            page = await self.log.read(position, latest.base)
            await asyncio.sleep(time.monotonic() - begun)
            return page or Reset(latest)
