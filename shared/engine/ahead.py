"""Decodes the records that come next while others are applied: a transaction mostly waits for the database."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Protocol

from shared.engine.decode import Decoded
from shared.engine.event import Record

_AT_ONCE = 50
"""Records between two turns of the loop: about half a millisecond."""


class Turn(Protocol):
    """What is to be done in a later turn of the loop, unless it is cancelled before."""

    def cancel(self) -> None: ...


def soon(step: Callable[[], None]) -> Turn:
    return asyncio.get_running_loop().call_soon(step)


class Ahead:
    """The verdicts on some records, in their order, each given once.

    What goes wrong while it decodes ahead comes again to who asks for it, and concerns nobody else.
    """

    def __init__(
        self, decode: Callable[[Sequence[Record]], list[Decoded]], soon: Callable[[Callable[[], None]], Turn] = soon
    ) -> None:
        self._decode = decode
        self._soon = soon
        self._decoded: list[Decoded] = []
        self._next: Sequence[Record] = ()
        self._turn: Turn | None = None

    def take(self, records: Sequence[Record]) -> list[Decoded]:
        """The verdicts on the next records; those that are not decoded yet are now."""
        taken, self._decoded = self._decoded[: len(records)], self._decoded[len(records) :]
        return taken + self._decode(records[len(taken) :]) if len(taken) < len(records) else taken

    def begin(self, records: Sequence[Record]) -> None:
        """Decode these, which follow those that were taken, in the turns of the loop until `end`."""
        self._next = records
        self._schedule()

    def end(self) -> None:
        if self._turn is not None:
            self._turn.cancel()
            self._turn = None

    def _schedule(self) -> None:
        self._turn = self._soon(self._step) if len(self._decoded) < len(self._next) else None

    def _step(self) -> None:
        done = len(self._decoded)
        self._decoded += self._decode(self._next[done : done + _AT_ONCE])
        self._schedule()
