"""How far the services are, summed up from what each partition says."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Group:
    """One group of readers over all its partitions; `stopped` says where it stands still, and why."""

    name: str
    lag: int = 0
    parked: int = 0
    stopped: list[str] = field(default_factory=list)


def groups_of(partitions: Iterable[Mapping[str, Any]]) -> list[Group]:
    """By name."""
    found: dict[str, Group] = {}
    for place in partitions:
        group = found.setdefault(place["group"], Group(place["group"]))
        group.lag += place["lag"]
        group.parked += place["parked"]
        if place["stopped"]:
            group.stopped.append(f"{place['topic']}/{place['partition']}: {place['stopped']}")
    return [found[name] for name in sorted(found)]


@dataclass(frozen=True, slots=True)
class Done:
    """What became of an act: records applied, and why something still waits."""

    applied: int
    held: list[str]


def done_of(freed: Iterable[Mapping[str, Any]]) -> Done:
    lines = list(freed)
    held = [f"{line['held_by']}: {line['detail']}" for line in lines if line["held_by"]]
    return Done(sum(line["applied"] for line in lines), held)
