"""Which records are one: groups that hold together, not chains of which each link is weak."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

DENSEST = 0.5
"""So many of the pairs across two groups must speak for one person, or the groups stay two."""


@dataclass(slots=True)
class _Groups:
    of: dict[int, int]
    members: dict[int, list[int]] = field(default_factory=dict)

    def group(self, place: int) -> int:
        if place not in self.of:
            self.of[place] = place
            self.members[place] = [place]
        return self.of[place]

    def join(self, one: int, other: int) -> None:
        small, large = sorted((one, other), key=lambda group: len(self.members[group]))
        for place in self.members.pop(small):
            self.of[place] = large
            self.members[large].append(place)


def group(
    links: Iterable[tuple[int, int, float]],
    automatic: float,
    possible: float,
    never: Callable[[int, int], bool] = lambda _one, _other: False,
) -> list[list[int]]:
    """Groups of two and more, each sorted. A link is two places and its bits.

    Links of at least `automatic` join, the strongest first, where half of all pairs across both groups are at least
    `possible` and none of them is `never` one.
    """
    bits: dict[tuple[int, int], float] = {}
    for one, other, weight in links:
        bits[min(one, other), max(one, other)] = weight
    groups = _Groups({})
    for (one, other), weight in sorted(bits.items(), key=lambda link: (-link[1], link[0])):
        if weight < automatic:
            break
        first, second = groups.group(one), groups.group(other)
        if first != second and _hold(groups, first, second, bits, possible, never):
            groups.join(first, second)
    found: defaultdict[int, list[int]] = defaultdict(list)
    for place, at in groups.of.items():
        found[at].append(place)
    return sorted(sorted(places) for places in found.values() if len(places) > 1)


def _hold(
    groups: _Groups,
    first: int,
    second: int,
    bits: dict[tuple[int, int], float],
    possible: float,
    never: Callable[[int, int], bool],
) -> bool:
    speaking, count = 0, 0
    for one in groups.members[first]:
        for other in groups.members[second]:
            if never(one, other):
                return False
            speaking += bits.get((min(one, other), max(one, other)), -1e9) >= possible
            count += 1
    return are_dense(speaking, count)


def are_dense(speaking: int, count: int) -> bool:
    """Whether enough of the pairs across two groups speak for one person."""
    return speaking >= count * DENSEST
