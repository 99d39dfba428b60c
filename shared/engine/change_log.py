"""The log of changes of one database, and places in it that hold on every instance.

Transactions commit in another order than that in which they begin or draw numbers, so a place is no number: it is what
a snapshot of Postgres saw. What comes after it is what that snapshot did not see, also where it was begun long before.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import asyncpg
from pydantic import TypeAdapter

from shared.engine.changes import Line
from shared.sql import load_queries

SQL = load_queries(Path(__file__).with_name("changes.sql"))
KEPT = timedelta(minutes=20)
"""How long what was told is kept: readers may come back after fifteen minutes."""
_COMMITTING = timedelta(minutes=5)
"""How long a transaction may take from its last statement to the end of its commit, with every limit on it."""
_LIVE = timedelta(seconds=10)
_ROWS = 16
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LINES = TypeAdapter(list[Line])
_AT = r"[0-3]?\d{1,15}"
_SEEN = rf"{_AT}\.\d{{1,18}}(?:\.\d{{1,18}}){{0,1000}}"
_WRITTEN = re.compile(rf"([0-9a-f]{{12}})-({_SEEN})(?:-({_SEEN})-({_AT}\.\d{{1,18}}\.\d{{1,9}}))?", re.ASCII)


class Snapshot(NamedTuple):
    """Seen is every transaction below `ceiling` but the `running`. `at` is microseconds, by the database's clock."""

    at: int
    ceiling: int
    running: tuple[int, ...] = ()

    def saw(self, other: "Snapshot") -> bool:
        """Whether everything that the other saw was seen here too; both are of one database."""
        if self.ceiling == other.ceiling:
            return set(self.running) <= set(other.running)
        return self.ceiling > other.ceiling


class After(NamedTuple):
    """Behind a line of a transaction, in the order of `told_at` (microseconds) and xid."""

    told_at: int
    xid: int
    line: int


@dataclass(frozen=True, slots=True)
class Position:
    """Everything that `base` saw was told; with `upto` also what that one saw beside it, as far as `after`."""

    database: str
    base: Snapshot
    upto: Snapshot | None = None
    after: After | None = None

    def __str__(self) -> str:
        """For the outside, to which it means nothing. Fits into a URL."""
        parts = [(self.base.at, self.base.ceiling, *self.base.running)]
        if self.upto is not None and self.after is not None:
            parts += [(self.upto.at, self.upto.ceiling, *self.upto.running), self.after]
        return "-".join((self.database, *(".".join(map(str, part)) for part in parts)))


def parse_position(text: str) -> Position | None:
    found = _WRITTEN.fullmatch(text)
    if found is None:
        return None
    base, upto, after = ([int(number) for number in part.split(".")] if part else [] for part in found.groups()[1:])
    if not upto:
        return Position(found[1], _snapshot(base))
    return Position(found[1], _snapshot(base), _snapshot(upto), After(*after))


def _snapshot(numbers: Sequence[int]) -> Snapshot:
    return Snapshot(numbers[0], numbers[1], tuple(numbers[2:]))


class Entry(NamedTuple):
    """A line, and the place behind it."""

    line: Line
    after: After


@dataclass(frozen=True, eq=False)
class Page:
    """What comes after `start`; `end` is behind all of it."""

    start: Position
    entries: Sequence[Entry]
    end: Position

    @cached_property
    def _within(self) -> str:
        return str(replace(self.start, upto=self.end.upto or self.end.base, after=After(0, 0, 0))).removesuffix("0.0.0")

    def behind(self, entry: Entry) -> str:
        if entry is self.entries[-1]:
            return str(self.end)
        return f"{self._within}{entry.after.told_at}.{entry.after.xid}.{entry.after.line}"


class ChangeLog:
    """Reads and purges through the pool that `pool` gives; every method raises what asyncpg does."""

    def __init__(self, pool: Callable[[], asyncpg.Pool]) -> None:
        self._pool = pool

    async def look(self) -> Position:
        (row,) = await self._pool().fetch(SQL["look"])
        _, ceiling, running = row["snapshot"].split(":")
        numbers = [int(number) for number in running.split(",") if number]
        return Position(row["database"], Snapshot(_micros(row["looked_at"]), int(ceiling), tuple(numbers)))

    async def read(self, start: Position, upto: Snapshot) -> Page | None:
        """The lines of the next transactions after a position; None where some of them may be gone.

        Where `start` is within what another snapshot saw, that one is finished first.
        """
        upto, after = start.upto or upto, start.after
        since = _time(start.base.at) - _COMMITTING if after is None else _time(after.told_at)
        rows = await self._rows(start.base, upto, since, after)
        if rows[0]["horizon"] > since:
            return None
        entries = [
            entry
            for row in rows
            if row["xid"] is not None
            for entry in _entries(row)
            if after is None or entry.after > after
        ]
        if len(rows) < _ROWS:
            return Page(start, entries, Position(start.database, upto))
        return Page(start, entries, replace(start, upto=upto, after=entries[-1].after))

    async def _rows(self, base: Snapshot, upto: Snapshot, since: datetime, after: After | None) -> Sequence[Any]:
        between = base.ceiling, base.running, upto.ceiling, upto.running
        if after is None and upto.at - base.at < _LIVE // _MICROSECOND:
            return await self._pool().fetch(SQL["read_new"], *between, _ROWS)
        # The transaction in the midst of whose lines the position is comes once more.
        xid = 0 if after is None else after.xid - 1
        return await self._pool().fetch(SQL["read_since"], *between, since, xid, _ROWS)

    async def purge(self) -> None:
        await self._pool().execute(SQL["purge_changes"], KEPT)


_MICROSECOND = timedelta(microseconds=1)


def _entries(row: Any) -> list[Entry]:
    told_at, xid = _micros(row["told_at"]), row["xid"]
    return [Entry(line, After(told_at, xid, n)) for n, line in enumerate(_LINES.validate_json(row["lines"]))]


def _micros(at: datetime) -> int:
    return (at - _EPOCH) // _MICROSECOND


def _time(micros: int) -> datetime:
    return _EPOCH + micros * _MICROSECOND
