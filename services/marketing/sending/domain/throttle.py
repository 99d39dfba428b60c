"""How many letters a domain gets within a minute."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field

MINUTE_S = 60.0
ANY = "*"
_SPACING_S, _LONGEST_S = 66.0, 3_600.0
MOST_DOMAINS = 10_000
"""So many, or twice those that were busy, are known before the idle ones are forgotten."""


@dataclass(slots=True)
class _Domain:
    """`taken`: when its last letters went, as many as a minute allows. `promised`: when the last of those that were put
    off may try again.
    """

    taken: deque[float]
    promised: float = float("-inf")


@dataclass(slots=True)
class Throttle:
    """Of one sender. `per_minute` names domains, and by `*` each of all others; without that those are free."""

    per_minute: Mapping[str, int]
    _domains: dict[str, _Domain] = field(default_factory=dict)
    _most: int = MOST_DOMAINS

    def wait(self, address: str, now: float) -> float:
        """0: the letter goes now, and counts for the minute that follows. Else the seconds until it may try again.

        Those that are put off are given times one after another, a little slower than the rate, so that hardly one of
        them is looked at for nothing, though the sender may be late; within an hour, as the rate may be another then.
        """
        domain = address.rpartition("@")[2].lower()
        most = self.per_minute.get(domain, self.per_minute.get(ANY))
        if most is None:
            return 0.0
        if len(self._domains) >= self._most:
            self._forget_idle(now)
        known = self._domains.setdefault(domain, _Domain(deque(maxlen=most)))
        if len(known.taken) < most or known.taken[0] + MINUTE_S <= now:
            known.taken.append(now)
            return 0.0
        at = max(known.taken[0] + MINUTE_S, known.promised + _SPACING_S / most)
        if at > now + _LONGEST_S:
            return _LONGEST_S
        known.promised = at
        return at - now

    def _forget_idle(self, now: float) -> None:
        busy = {
            name: each for name, each in self._domains.items() if max(each.taken[-1] + MINUTE_S, each.promised) > now
        }
        self._domains, self._most = busy, max(MOST_DOMAINS, 2 * len(busy))
