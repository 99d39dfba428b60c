"""The partitions that a member reads: from where, how far, and which of them stand still.

The fence in the database decides, and a place is read from there. It moves over what was applied and over what the
broker shows to be no record, never to where Kafka's client happens to stand: see `positions.Positions`.
"""

import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

import structlog

from shared.engine.ledger import Fence, Place
from shared.engine.parking import Breaker
from shared.engine.positions import Positions, check_positions
from shared.engine.reading import Failure, FenceStore, Passed, Source
from shared.events.topics import OWNERS

log = structlog.get_logger()
SILENT = 15.0
"""Seconds after which a broker that answers nothing is said not to answer."""


@dataclass(slots=True)
class Places:
    """What is read, what is paused and why. Whoever calls what is awaited holds the reader's lock."""

    group: str
    source: Source
    fences: FenceStore
    breaker: Callable[[], Breaker]
    clock: Callable[[], float]
    probe_after: float
    stream: bool
    follows: Collection[str] = frozenset(OWNERS)
    """Topics whose watermarks go on while nothing comes."""
    positions: Positions = field(default_factory=Positions)
    paused: dict[Place, str] = field(default_factory=dict)
    holding: bool = False
    _probe_at: dict[Place, float] = field(default_factory=dict)
    _unreadable: dict[Place, Failure] = field(default_factory=dict)

    def update_fetching(self) -> None:
        """Fetch the places whose position is known, and no others; none at all while `holding`."""
        self.source.fetch_only(() if self.holding else self.positions.done.keys())

    def rewind(self) -> bool:
        """Read what is in flight again; fences drop what stands already. True where anything was."""
        again = self.positions.rewind()
        for place, offset in again.items():
            self.source.seek(place, offset)
        return bool(again)

    def realign(self) -> None:
        """Seek back to what is done, wherever the client moved with records that nobody received."""
        for place, done in self.positions.done.items():
            if not self.positions.holds(place) and self.source.position(place) != done:
                self.source.seek(place, done)

    def reposition(self, places: Collection[Place], reason: str) -> None:
        """Put these places at their fences again, with the next maintenance."""
        for place in places:
            if place in self.positions.done:
                log.warning("place_repositioned", group=self.group, topic=place[0], partition=place[1], reason=reason)
            self.positions.forget(place)
        self.update_fetching()

    def pause(self, place: Place, reason: str, *, probe: bool = False) -> None:
        """Stop reading a place until an operator frees it, or with `probe` until it is tried again by itself."""
        if place not in self.paused:
            log.error("partition_paused", group=self.group, topic=place[0], partition=place[1], reason=reason)
        self.paused[place] = reason
        if probe:
            self._probe_at[place] = self.clock() + self.probe_after
        self.positions.forget(place)
        self.update_fetching()

    def forget(self) -> None:
        self.positions.clear()
        self.paused.clear()
        self._probe_at.clear()
        self._unreadable.clear()
        self.update_fetching()

    async def place_others(self) -> None:
        """Put assigned places at their fences, but for those that are read or paused."""
        places = sorted(set(self.source.assigned()) - self.positions.done.keys() - self.paused.keys())
        if not places:
            return
        fences = await self.fences.ensure(places)
        bounds = await self.source.bounds(places)
        for place in places:
            if place in self.source.assigned():
                await self._place(place, fences[place], bounds[place])
        self.update_fetching()

    async def _place(self, place: Place, fence: Fence, bounds: tuple[int, int]) -> None:
        start, alarm = check_positions(place, fence, *bounds)
        if alarm is not None and not fence.stopped:
            await self.fences.stop(place, alarm)
        if reason := fence.stopped or alarm:
            self.pause(place, reason)
        else:
            self.source.seek(place, start)
            self.positions.place(place, start, fence.next_offset)

    async def keep(self) -> bool:
        """Resume, place and advance whatever may be. Raises infrastructure errors.

        True where everything that is read is handled up to its end.
        """
        self.realign()
        await self._stop_at_unreadable()
        await self._compare()
        await self.place_others()
        return await self._advance_idle()

    async def _stop_at_unreadable(self) -> None:
        """Pause where a whole batch cannot be read, and try again later: another broker or a codec may help.

        The fence moves up to it, so that an operator may skip it and nothing else.
        """
        found = {
            place: failure
            for place, failure in self.source.failures().items()
            if self.positions.done.get(place) == failure.first and not self.positions.holds(place)
        }
        await self._advance(dict.fromkeys(found))
        for place, failure in found.items():
            self.pause(place, str(failure), probe=True)
            self._unreadable[place] = failure

    async def _compare(self) -> None:
        """Look at the fences: one that went back means another database, one that an operator freed goes on."""
        known = self.positions.fences
        places = sorted(self.paused.keys() | known.keys())
        fences = await self.fences.ensure(places) if places else {}
        self.reposition(
            [p for p in fences if fences[p].next_offset < known.get(p, 0)], "the fence in the database went back"
        )
        self._resume({place: fence for place, fence in fences.items() if place in self.paused})

    def _resume(self, fences: Mapping[Place, Fence]) -> None:
        now = self.clock()
        for place in fences:
            failure = self._unreadable.get(place)
            skipped = failure is not None and fences[place].next_offset > failure.last
            if fences[place].stopped or (self._probe_at.get(place, now) > now and not skipped):
                continue
            if self._probe_at.pop(place, None) and failure is None:
                self.breaker().probe(place)
            self._unreadable.pop(place, None)
            del self.paused[place]
            log.info("partition_resumed", group=self.group, topic=place[0], partition=place[1])

    async def _advance_idle(self) -> bool:
        done, fences = self.positions.done, self.positions.fences
        level = {place: at for place in done if (at := self._caught_up(place)) is not None}
        everything = done.keys() == level.keys() and bool(level or self.paused)
        behind = {place for place in level if done[place] > fences[place]}
        if self.stream or not self.follows:
            await self._advance(dict.fromkeys(behind))
        else:
            await self._advance(
                {place: at for place, at in level.items() if place[0] in self.follows or place in behind}
            )
        return everything

    async def _advance(self, watermarks: dict[Place, datetime | None]) -> None:
        done, fences = self.positions.done, self.positions.fences
        passed = {
            place: Passed(fences[place], done[place], at)
            for place, at in watermarks.items()
            if at is not None or done[place] > fences[place]
        }
        if not passed:
            return
        for place in await self.fences.advance(passed):
            if place in fences:
                fences[place] = max(fences[place], passed[place].upto)

    def _caught_up(self, place: Place) -> datetime | None:
        """The time up to which a place is handled to its end; None where something waits.

        A batch that was fetched but not applied yet shows as a position beyond what is done.
        """
        end, polled, done = self.source.end(place), self.source.polled(place), self.positions.done[place]
        if end is None or not polled or done < end or self.positions.holds(place):
            return None
        return datetime.fromtimestamp(polled, UTC) if self.source.position(place) == done else None

    def lag(self) -> dict[Place, int]:
        done = self.positions.done
        return {
            place: max((self.source.end(place) or 0) - done[place], 0) if place in done else 0
            for place in self.source.assigned()
        }

    def silent(self) -> float | None:
        """For how many seconds no broker has answered a fetch; None where nothing is to be fetched."""
        polled = [self.source.polled(place) or 0.0 for place in self.positions.done]
        return time.time() - max(polled) if polled else None
