"""How often a party may be written to."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from uuid import UUID

from services.marketing.settings import Cap


@dataclass(slots=True)
class Room:
    """What caps leave. `cleared` counts messages by party and day, those of the batch that is decided included."""

    caps: Sequence[Cap] = ()
    cleared: dict[UUID, Counter[date]] = field(default_factory=dict)
    new: Counter[tuple[UUID, date]] = field(default_factory=Counter)

    def is_full(self, party: UUID, day: date, priority: int) -> bool:
        return any(
            cap.most <= sum(self._counts(party)[day - timedelta(days=n)] for n in range(cap.days))
            for cap in self.caps
            if priority < cap.below_priority
        )

    def take(self, party: UUID, day: date) -> None:
        if self.caps:
            self._counts(party)[day] += 1
            self.new[party, day] += 1

    def _counts(self, party: UUID) -> Counter[date]:
        return self.cleared.setdefault(party, Counter())


def room_of(caps: Sequence[Cap], counted: Iterable[tuple[UUID, date, int]]) -> Room:
    """With what was cleared before."""
    room = Room(caps)
    for party, day, messages in counted:
        room.cleared.setdefault(party, Counter())[day] = messages
    return room


def longest(caps: Iterable[Cap]) -> int:
    """So many days back the longest window reaches."""
    return max((cap.days for cap in caps), default=0)
