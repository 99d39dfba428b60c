"""Processor time of everything that a bench set off, by part."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

import psutil


def tree_seconds(pid: int) -> float:
    """User and system time of a process, of its descendants, and of those that have ended since they began."""
    total = 0.0
    with suppress(psutil.NoSuchProcess):
        root = psutil.Process(pid)
        for process in (root, *root.children(recursive=True)):
            with suppress(psutil.NoSuchProcess):
                times = process.cpu_times()
                total += times.user + times.system + times.children_user + times.children_system
    return total


@dataclass(frozen=True, slots=True)
class Spent:
    """Processor seconds by part: those of the stack by name, `bench` for this process and its clients."""

    parts: Mapping[str, float]

    @property
    def total(self) -> float:
        return sum(self.parts.values())

    def less(self, name: str, seconds: float) -> "Spent":
        """Without so many seconds of a part, which were no work."""
        return Spent({**self.parts, name: max(self.parts[name] - seconds, 0.0)})

    def per(self, number: int) -> dict[str, float]:
        """Microseconds per unit of work, by part."""
        return {f"{name}_us": round(seconds / number * 1e6, 1) for name, seconds in self.parts.items()}


class Meter:
    """`spent()` tells what was used since the meter was made. Everything has to be a descendant of this process."""

    def __init__(self, parts: Mapping[str, int] | None = None) -> None:
        self._pids = dict(parts or {})
        self._begun = self._read()

    def spent(self) -> Spent:
        now = self._read()
        return Spent({name: max(now[name] - self._begun[name], 0.0) for name in now})

    def _read(self) -> dict[str, float]:
        seconds = {name: tree_seconds(pid) for name, pid in self._pids.items()}
        seconds["bench"] = tree_seconds(psutil.Process().pid) - sum(seconds.values())
        return seconds


def resident_mib(pid: int) -> float:
    """Memory that a process holds, in MiB."""
    return float(psutil.Process(pid).memory_info().rss) / 2**20


def proportional_mib(pid: int) -> float:
    """Memory that a process holds, of what it shares with others its part, so that several can be added up."""
    return float(psutil.Process(pid).memory_full_info().pss) / 2**20
