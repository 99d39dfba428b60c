"""How far a member has read, and where it begins. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from shared.engine.event import Record
from shared.engine.ledger import Fence, Place
from shared.engine.reading import Taken
from shared.events.topics import COMPACTED


@dataclass(slots=True)
class Positions:
    """What a member knows of its places; nothing of a place that it has not placed, or that it was made to forget.

    `done`: everything before it was applied, or was shown by the broker to be no record. `fences`: where the fence
    stood in the database when it was last seen, at or before `done`. Positions of Kafka's client take no part in this:
    they also move over what nobody got to see.
    """

    done: dict[Place, int] = field(default_factory=dict)
    fences: dict[Place, int] = field(default_factory=dict)
    _in_flight: dict[Place, int] = field(default_factory=dict)
    _received: int = 0

    def place(self, place: Place, start: int, fence: int) -> None:
        self.done[place], self.fences[place] = start, fence
        self._in_flight.pop(place, None)

    def forget(self, place: Place) -> None:
        self.done.pop(place, None)
        self.fences.pop(place, None)
        self._in_flight.pop(place, None)

    def clear(self) -> None:
        self.done.clear()
        self.fences.clear()
        self._in_flight.clear()

    def receive(self, taken: Taken) -> tuple[tuple[Record, ...], set[Place]]:
        """Take records into flight whose span begins where their place is done.

        The other places are returned as unexpected and their records dropped: something between was lost on the way, or
        Kafka put the consumer elsewhere.
        """
        self._in_flight = {place: end for place, (begin, end) in taken.spans.items() if self.done.get(place) == begin}
        self._received = len(self._in_flight)
        unexpected = taken.spans.keys() - self._in_flight.keys()
        if not unexpected:
            return taken.records, unexpected
        return tuple(
            record for record in taken.records if (record.topic, record.partition) in self._in_flight
        ), unexpected

    def left(self, records: Sequence[Record]) -> Sequence[Record]:
        if len(self._in_flight) == self._received:
            return records
        return [record for record in records if (record.topic, record.partition) in self._in_flight]

    @property
    def in_flight(self) -> bool:
        return bool(self._in_flight)

    def holds(self, place: Place) -> bool:
        return place in self._in_flight

    def apply(self, records: Sequence[Record]) -> None:
        """These records stand in the database, with their fences."""
        for place, offset in {(record.topic, record.partition): record.offset for record in records}.items():
            if place in self._in_flight:
                self.done[place] = self.fences[place] = offset + 1

    def complete(self) -> None:
        """Everything in flight was applied; what follows the last record of a span is no record."""
        for place, end in self._in_flight.items():
            self.done[place] = end
        self._in_flight.clear()

    def rewind(self) -> dict[Place, int]:
        """Drop what is in flight; returns from where to read those places again."""
        again = {place: self.done[place] for place in self._in_flight}
        self._in_flight.clear()
        return again


def check_positions(place: Place, fence: Fence, beginning: int, end: int) -> tuple[int, str | None]:
    """The offset to seek to, and an alarm where records were lost.

    The last record that was handled is read again where it still exists: it tells a topic that was recreated and has
    grown past the fence. A group that never handled anything begins at the log's start.
    """
    if not fence.next_offset:
        return beginning, None
    if end < fence.next_offset:
        return end, f"recreated: the log ends at {end}, {fence.next_offset} was expected"
    if beginning > fence.next_offset and place[0] not in COMPACTED:
        return beginning, f"truncated: {fence.next_offset} to {beginning - 1} were deleted before they were handled"
    last = fence.next_offset if fence.last_offset is None else fence.last_offset
    return max(last, beginning), None
