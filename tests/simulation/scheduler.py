"""A seeded scheduler: coroutines take turns at their pauses, in an order that only the seed decides."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Coroutine, Generator
from dataclasses import dataclass
from typing import Any

_STEP = 0.005


class _Turn:
    """What a coroutine awaits to give its turn away until `ready` holds."""

    def __init__(self, ready: Callable[[], bool] | None) -> None:
        self.ready = ready

    def __await__(self) -> Generator["_Turn", None, None]:
        yield self


@dataclass(slots=True, eq=False)
class Actor:
    """A running coroutine. `frozen` counts the turns for which it does not move, like a stopped process.

    `slow` is how often it lets its turn pass, from 0 to 1.
    """

    name: str
    coroutine: Coroutine[Any, Any, None]
    ready: Callable[[], bool] | None = None
    frozen: int = 0
    slow: float = 0.0


class Stuck(AssertionError):
    """Nobody can move, or nobody comes to an end."""


class Scheduler:
    """Steps its actors one pause at a time."""

    def __init__(self, dice: random.Random) -> None:
        self.dice = dice
        self.actors: list[Actor] = []
        self.steps = 0
        self.time = 0.0
        self._wakes: list[float] = []

    async def pause(self) -> None:
        """Somebody else may move, and the actor may die here."""
        await _Turn(None)

    async def until(self, ready: Callable[[], bool]) -> None:
        """Wait for a lock, say."""
        if not ready():
            await _Turn(ready)

    async def sleep(self, seconds: float) -> None:
        """Time passes with each step, and at once where everybody sleeps."""
        wake = self.time + seconds
        self._wakes.append(wake)
        await _Turn(lambda: self.time >= wake)

    def spawn(self, name: str, run: Callable[[], Awaitable[None]]) -> Actor:
        """Start an actor."""

        async def body() -> None:
            await run()

        actor = Actor(name, body(), slow=self.dice.choice([0.0, 0.0, 0.9]))
        self.actors.append(actor)
        return actor

    def kill(self, actor: Actor) -> None:
        """kill -9: it never moves again; its open transactions roll back, as a database does when a client is gone."""
        if actor in self.actors:
            self.actors.remove(actor)
            actor.coroutine.close()

    def cancel(self, actor: Actor) -> None:
        """As asyncio does at what a task awaits; the actor may end, or go on for a while."""
        if actor not in self.actors:
            return
        try:
            actor.ready = actor.coroutine.throw(asyncio.CancelledError()).ready
        except (asyncio.CancelledError, StopIteration):
            self.actors.remove(actor)

    def step(self) -> bool:
        """Let one actor move; False where none is left that can."""
        for actor in self.actors:
            actor.frozen = max(actor.frozen - 1, 0)
        able = [a for a in self.actors if not a.frozen and (a.ready is None or a.ready())]
        if not able:
            return any(actor.frozen for actor in self.actors) or self._oversleep()
        actor = able[int(self.dice.random() * len(able))]
        self.steps += 1
        self.time += _STEP
        if self.dice.random() < actor.slow:
            return True
        try:
            actor.ready = actor.coroutine.send(None).ready
        except StopIteration:
            self.actors.remove(actor)
        return True

    def _oversleep(self) -> bool:
        """Go on to when the next one wakes; False where nobody will."""
        self._wakes = [wake for wake in self._wakes if wake > self.time]
        if not self._wakes:
            return False
        self.time = min(self._wakes)
        return True


class Lock:
    """An asyncio.Lock among actors."""

    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler
        self._held = False

    async def __aenter__(self) -> None:
        await self._scheduler.until(lambda: not self._held)
        self._held = True

    async def __aexit__(self, *exc: object) -> None:
        self._held = False
