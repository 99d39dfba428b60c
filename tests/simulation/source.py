"""Kafka's client as a reader sees it, in memory: it prefetches, moves on past what nobody got, and forgets."""

import errno
import random
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from shared.engine.ledger import Place
from shared.engine.reading import Failure, Taken
from shared.errors import Transient
from tests.simulation.world import Log

Pause = Callable[[], Awaitable[None]]


@dataclass(slots=True)
class Trouble:
    """Raises now and then, whatever is being done, as long as it is on."""

    dice: random.Random
    chance: float
    on: bool = True

    def strike(self) -> None:
        if self.on and self.dice.random() < self.chance:
            raise self.dice.choice(
                [
                    Transient("away"),
                    OSError(errno.ENOSPC, "no space"),
                    RuntimeError("a bug"),
                    BrokenPipeError(),
                    KeyError("x"),
                ]
            )


@dataclass(slots=True)
class SimulatedSource:
    """See `shared.engine.reading.Source`."""

    log: Log
    dice: random.Random
    pause: Pause
    trouble: Trouble
    now: Callable[[], float]
    committed: dict[Place, int]
    places: frozenset[Place] = frozenset()
    flowing: frozenset[Place] = frozenset()
    positions: dict[Place, int] = field(default_factory=dict)
    polls: dict[Place, tuple[float, int]] = field(default_factory=dict)
    seen: dict[tuple[Place, float], int] = field(default_factory=dict)
    ended: str | None = None
    gone: Sequence[str] = ()
    rejoin: Callable[[], None] = lambda: None

    def assign(self, places: Collection[Place]) -> None:
        """Begin at what was committed, which is a hint and may be anything."""
        self.places, self.flowing = frozenset(places), frozenset(places)
        self.positions, self.polls = {}, {}
        for place in places:
            hint = self.committed.get(place, self.log.begin(place))
            self.positions[place] = hint if self.dice.random() < 0.7 else self.dice.randrange(self.log.end(place) + 1)

    def assigned(self) -> Collection[Place]:
        return self.places

    async def take(self, records: int, size: int) -> Taken:
        del size
        await self.pause()
        self.trouble.strike()
        taken = Taken()
        for place in sorted(self.flowing & self.places, key=lambda _: self.dice.random()):
            self._poll(place)
            begin = self.positions[place]
            if begin < self.log.begin(place) or (self.trouble.on and self.dice.random() < 0.01):
                begin = self.log.begin(place)  # out of range: the client goes on at the log's begin
            if self.trouble.on and self.dice.random() < 0.02:
                # What is larger than a fetch is stepped over.
                self.positions[place] = begin = min(begin + 1, self.log.end(place))
            end = min(begin + self.dice.randrange(1, records + 1), self.log.end(place))
            if begin < end:
                self.positions[place] = end
                taken.spans[place] = begin, end
                taken.records += tuple(self.log.between(place, begin, end))
        self.trouble.strike()  # the positions have moved, and nobody gets what lies before them
        return taken

    def _poll(self, place: Place) -> None:
        self.polls[place] = self.now(), self.log.end(place)
        self.seen.setdefault((place, datetime.fromtimestamp(self.now(), UTC).timestamp()), self.log.end(place))

    def seek(self, place: Place, offset: int) -> None:
        if place in self.places:
            self.positions[place] = offset

    def fetch_only(self, places: Collection[Place]) -> None:
        self.flowing = frozenset(places)

    def position(self, place: Place) -> int | None:
        return self.positions.get(place)

    def end(self, place: Place) -> int | None:
        return self.polls[place][1] if place in self.polls else None

    def polled(self, place: Place) -> float | None:
        return self.polls[place][0] if place in self.polls else None

    def failures(self) -> Mapping[Place, Failure]:
        return {}

    async def bounds(self, places: Collection[Place]) -> dict[Place, tuple[int, int]]:
        await self.pause()
        self.trouble.strike()
        return {place: (self.log.begin(place), self.log.end(place)) for place in places}

    async def commit(self, offsets: Mapping[Place, int]) -> None:
        await self.pause()
        self.trouble.strike()
        self.committed.update(offsets)

    def missing(self) -> Collection[str]:
        return self.gone

    def dead(self) -> str | None:
        return self.ended

    async def restart(self) -> None:
        await self.pause()
        self.trouble.strike()
        self.ended = None
        self.rejoin()


class Turn:
    """Of the loop; there is nothing left to cancel."""

    def cancel(self) -> None:
        pass


def soon(dice: random.Random, step: Callable[[], None]) -> Turn:
    """It comes at once, or not before the reader is done with what it applies."""
    if dice.random() < 0.7:
        step()
    return Turn()
