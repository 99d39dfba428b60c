"""Readers without one of their guards: ways to lose records, move watermarks too far, or never come back."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from shared.engine import applier as applying, fence as fencing
from shared.engine.decode import Decoded
from shared.engine.event import Record
from shared.engine.ledger import Fence, Place
from shared.engine.places import Places
from shared.engine.positions import Positions
from shared.engine.reader import Reader
from shared.engine.reading import Taken

_receive, _keep, _sift = Positions.receive, Places.keep, fencing.sift


def trust_positions(self: Positions, taken: Taken) -> tuple[tuple[Record, ...], set[Place]]:
    """Takes what comes for the next, wherever it begins."""
    for place, (begin, _) in taken.spans.items():
        if place in self.done:
            self.done[place] = begin
    return _receive(self, taken)


async def pass_over(self: Places) -> bool:
    """What lies before the client's position and is not in flight counts as no record."""
    for place in self.positions.done:
        if not self.positions.holds(place):
            self.positions.done[place] = max(self.positions.done[place], self.source.position(place) or 0)
    return await _keep(self)


def forget_rewinding(self: Places) -> bool:
    """Drops what is in flight, and the client stays where it is."""
    for place, offset in self.positions.rewind().items():
        self.positions.done[place] = max(offset, self.source.position(place) or 0)
    return False


async def read_without_finally(self: Reader, records: Sequence[Record]) -> None:
    """Holds, and lets go only where nothing was raised."""
    self.places.holding = len(records) < self.reading.small
    self.places.update_fetching()
    async with self.busy:
        await self._apply_parts(records)
    await self.sleep(self.reading.pace)
    self.places.holding = False
    self.places.rewind()
    self.places.update_fetching()


def apply_all_parts(self: Positions, records: Sequence[Record]) -> Sequence[Record]:
    """The next part too, of a place whose breaker opened in this one."""
    del self
    return records


def sift_whatever_is_known(
    batch: Sequence[Decoded], locked: Mapping[Place, Fence], wall: datetime, _: Mapping[Place, int], *, stream: bool
) -> Any:
    """A fence that went back is as good as any."""
    return _sift(batch, locked, wall, stream=stream)


def caught_up_at_once(self: Places, place: Place) -> datetime | None:
    """The wall clock goes on whatever waits."""
    polled = self.source.polled(place)
    return datetime.fromtimestamp(polled, UTC) if polled else None


def never_stuck(self: Reader) -> str | None:
    """Nobody looks whether it goes on."""
    del self
    return None


READER_MUTATIONS: dict[str, tuple[Any, str, object]] = {
    "spans": (Positions, "receive", trust_positions),
    "what is passed over": (Places, "keep", pass_over),
    "rewinding": (Places, "rewind", forget_rewinding),
    "the finally of read": (Reader, "read", read_without_finally),
    "the parts behind an open breaker": (Positions, "left", apply_all_parts),
    "a fence that went back": (applying, "sift", sift_whatever_is_known),
    "the end of the log": (Places, "_caught_up", caught_up_at_once),
    "the watch": (Reader, "stuck", never_stuck),
}
