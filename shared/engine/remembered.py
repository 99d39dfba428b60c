"""What a process remembers of its database, to notice that it went back under it.

A server that fails over to a replica that lags, or a copy that is put in its place, answers as if nothing had happened:
numbers would be drawn twice, and what was handled meanwhile would never be handled again. Pure.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from shared.engine.ledger import Fence, Place
from shared.errors import Transient

_MISSED = "it was recovered meanwhile"


class WentBack(Transient):
    """The database is older than what was done with it: nothing may be applied or sent until it is recovered."""

    reason = "restored"


@dataclass(frozen=True, slots=True)
class Identity:
    """Which database answers: its server, its own number there, and how far the server's log is written to disk.

    `recoveries` counts how often it was recovered, and `setback` is what somebody else noticed.
    """

    system: str
    database: int
    written: int
    recoveries: int
    setback: str | None = None


class Remembered:
    """Kept by one process from one recovery to the next. Every check raises WentBack once one of them has."""

    def __init__(self) -> None:
        self.noticed = asyncio.Event()
        self.reason = ""
        self.recoveries = 0
        self._identity: Identity | None = None
        self._fences: dict[tuple[str, Place], int] = {}

    @property
    def setback(self) -> str | None:
        """What everybody has to be told of the database. That this process missed a recovery is its own affair."""
        return self.reason if self.noticed.is_set() and self.reason != _MISSED else None

    def known(self) -> Identity | None:
        """The identity that was seen last. Ask for it before asking the database."""
        return self._identity

    def check_identity(self, found: Identity, before: Identity | None) -> None:
        """Raises WentBack where `found` is another or an older database.

        `before` was known when the database was asked: answers to several connections come in any order, so what
        became known meanwhile may be newer than `found`.
        """
        if before is not None and found.recoveries > before.recoveries:
            self.check_recovery(found.setback, found.recoveries)
        if not self.noticed.is_set():  # else it counts those that were known when something was noticed
            self.recoveries = found.recoveries
        if found.setback is not None:
            self.notice(found.setback)
        elif before is not None and (found.system, found.database) != (before.system, before.database):
            self.notice("another database has taken its place")
        elif before is not None and found.written < before.written:
            self.notice(f"its log ends at {found.written}, and was at {before.written} before")
        if self.noticed.is_set():
            raise WentBack(self.reason)
        newest = self._identity
        self._identity = found if newest is None or newest.written <= found.written else newest

    def check_recovery(self, setback: str | None, recoveries: int, *, under_way: bool = False) -> None:
        """For every transaction that locks no fence: whether it may write, now and until it ends.

        Who missed a recovery does not know what the topics held already, and has to begin anew.
        """
        if setback is not None:
            self.notice(setback)
        elif recoveries != self.recoveries:
            self.notice(_MISSED)
        if self.noticed.is_set():
            raise WentBack(self.reason)
        if under_way:
            raise WentBack("it is being recovered")

    def known_fences(self, group: str) -> dict[Place, int]:
        """Where the group's fences stand, as far as it was seen. Ask for it before reading them without a lock."""
        return {place: offset for (name, place), offset in self._fences.items() if name == group}

    def check_fences(
        self, group: str, fences: Mapping[Place, Fence], before: Mapping[Place, int] | None = None
    ) -> None:
        """Raises WentBack where a fence stands before what is remembered of it, or tells of a recovery that was missed.

        A stopped one is not remembered: an operator may move it. Fences that are not locked may move on until their
        reader hears of them, so they are compared with what was known `before` they were asked for.
        """
        for place, fence in fences.items():
            name = (group, place)
            if fence.recoveries > self.recoveries:
                self.notice(_MISSED)
            if fence.stopped:
                self._fences.pop(name, None)
                continue
            was = self._fences.get(name, 0)
            if before is not None:
                was = min(was, before.get(place, 0))
            if fence.next_offset < was:
                self.notice(f"{group} stands at {fence.next_offset} of {place[0]}/{place[1]}, and was at {was} before")
        if self.noticed.is_set():
            raise WentBack(self.reason)

    def forget_fence(self, group: str, place: Place) -> None:
        """Call it when a fence is stopped: an operator may move it before it is looked at again."""
        self._fences.pop((group, place), None)

    def groups(self) -> set[str]:
        return {group for group, _ in self._fences}

    def keep_fences(self, group: str, fences: Mapping[Place, Fence]) -> None:
        """Remember committed fences; stopped ones are left to operators."""
        for place, fence in fences.items():
            if fence.stopped:
                self._fences.pop((group, place), None)
            else:
                self._fences[group, place] = max(fence.next_offset, self._fences.get((group, place), 0))

    def notice(self, reason: str) -> None:
        """From now on every check raises WentBack."""
        if not self.noticed.is_set():
            self.reason = reason
            self.noticed.set()

    def forget(self) -> None:
        self.noticed.clear()
        self.reason, self._identity = "", None
        self._fences.clear()
