"""One bad event holds back the later ones of its own key, and nothing else."""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from shared.engine.event import Event
from shared.engine.ledger import EngineTransaction, Place, Refusal
from shared.engine.subscription import TopicHandler
from shared.errors import BadRecord, Oversized
from shared.events.topics import OWNERS

BEHIND = "behind"
"""The reason of a record that waits for an earlier one of its key."""

_WINDOW, _LIMIT = 100, 20

Classify = Callable[[Exception], bool]


def refusal_of(error: Exception, topic: str | None = None) -> Refusal:
    """What is stored about an error: its kind and its own words if they are ours, never a database's or a value's.

    Unexpected is what a bad deploy looks like, and no sender may bring about. So the database's word about a value
    (class 22) is expected on every topic, since amounts and texts travel on from outside; what it says about rows
    (constraints and the like) is expected on topics that are written from outside. Everything else counts. A timer
    has no topic.
    """
    if isinstance(error, BadRecord):
        said = f"{error.field}: {error.detail}" if error.field else error.detail
        return Refusal(error.reason, said[:500], holds=error.holds)
    if isinstance(error, Oversized):
        return Refusal(error.reason, str(error))
    state = getattr(error, "sqlstate", None)
    if state:
        constraint = getattr(error, "constraint_name", None)
        unexpected = not str(state).startswith("22") and topic in OWNERS
        return Refusal("data_error", f"SQLSTATE {state}" + (f" on {constraint}" if constraint else ""), unexpected)
    return Refusal("unexpected", type(error).__name__, unexpected=True)


class BreakerOpen(Exception):
    """Too many keys fail unexpectedly at `place`: better stand still than park everything."""

    def __init__(self, place: Place) -> None:
        super().__init__(f"{place[0]}/{place[1]}")
        self.place = place


@dataclass(slots=True)
class Breaker:
    """Opens when 20 of the last 100 keys of a place were parked unexpectedly, or the first after a probe was."""

    _outcomes: dict[Place, deque[bool]] = field(default_factory=dict)
    _probing: set[Place] = field(default_factory=set)

    def succeeded(self, place: Place, keys: int) -> None:
        if place in self._outcomes:
            self._outcomes[place].extend([False] * min(keys, _WINDOW))
        self._probing.discard(place)

    def failed(self, place: Place) -> None:
        """Count an unexpected failure of one key. Raises BreakerOpen."""
        outcomes = self._outcomes.setdefault(place, deque(maxlen=_WINDOW))
        outcomes.append(True)
        if place in self._probing or sum(outcomes) >= _LIMIT:
            raise BreakerOpen(place)

    def copy(self) -> "Breaker":
        return Breaker(
            {place: deque(outcomes, _WINDOW) for place, outcomes in self._outcomes.items()}, set(self._probing)
        )

    def probe(self, place: Place) -> None:
        """Try a place again: its next unexpected failure opens the breaker at once."""
        self._outcomes.pop(place, None)
        self._probing.add(place)


@dataclass(slots=True)
class Isolation:
    """Applies the events of one topic key by key where they cannot be applied together.

    `refused` collects every event that is to be parked with its refusal, in the order of the log per key. Oversized is
    a refusal only where the batch was one event `alone`; else it is raised, since the others emitted too.
    """

    handler: TopicHandler
    tx: EngineTransaction
    breaker: Breaker
    is_infrastructure: Classify
    alone: bool
    refused: list[tuple[Event[Any], Refusal]] = field(default_factory=list)

    async def apply(self, events: Sequence[Event[Any]]) -> None:
        """Apply what can be applied. Raises infrastructure errors and BreakerOpen."""
        by_key: dict[object, list[Event[Any]]] = {}
        for event in events:
            lone = (event.partition, event.offset)
            by_key.setdefault(event.key or lone, []).append(event)
        await self._settle(list(by_key.values()))

    async def _settle(self, keys: Sequence[Sequence[Event[Any]]]) -> None:
        # Halve what fails together, down to one key, then to its single events.
        if not keys:
            return
        if len(keys) == 1:
            await self._one_by_one(keys[0])
            return
        together = sorted((event for key in keys for event in key), key=lambda event: (event.partition, event.offset))
        if await self._try(together) is None:
            return
        middle = len(keys) // 2
        await self._settle(keys[:middle])
        await self._settle(keys[middle:])

    async def _one_by_one(self, events: Sequence[Event[Any]]) -> None:
        for position, event in enumerate(events):
            refusal = await self._try([event])
            if refusal is not None:
                if refusal.unexpected:
                    self.breaker.failed((event.topic, event.partition))
                self.refused.append((event, refusal))
                if refusal.holds:
                    self.refused.extend((later, Refusal(BEHIND)) for later in events[position + 1 :])
                    return

    async def _try(self, events: Sequence[Event[Any]]) -> Refusal | None:
        """None where the effects stand; the refusal where they were undone."""
        try:
            async with self.tx.savepoint():
                await self.handler.handle(events, self.tx)
        except Exception as error:
            if self.is_infrastructure(error) or (isinstance(error, Oversized) and not self.alone):
                raise
            return refusal_of(error, self.handler.topic)
        return None
