"""A seeded scheduler: coroutines take turns at their pauses, in an order that only the seed decides."""

import random
from collections.abc import Awaitable, Callable, Coroutine, Generator
from dataclasses import dataclass
from typing import Any


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

    async def pause(self) -> None:
        """Somebody else may move, and the actor may die here."""
        await _Turn(None)

    async def until(self, ready: Callable[[], bool]) -> None:
        """Wait for a lock, say."""
        if not ready():
            await _Turn(ready)

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

    def step(self) -> bool:
        """Let one actor move; False where none is left that can."""
        for actor in self.actors:
            actor.frozen = max(actor.frozen - 1, 0)
        able = [a for a in self.actors if not a.frozen and (a.ready is None or a.ready())]
        if not able:
            return any(actor.frozen for actor in self.actors)
        actor = able[int(self.dice.random() * len(able))]
        self.steps += 1
        if self.dice.random() < actor.slow:
            return True
        try:
            actor.ready = actor.coroutine.send(None).ready
        except StopIteration:
            self.actors.remove(actor)
        return True
