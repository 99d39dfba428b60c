"""The ledger in memory, for simulation: row locks, rollback, and pauses at which anything may happen.

It promises what Postgres promises under READ COMMITTED, and no more: a statement sees what is committed when it runs
and what its own transaction wrote; a lock is held until the transaction ends; ids of the outbox are drawn early and
become visible at the commit.
"""

from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from copy import deepcopy
from dataclasses import dataclass, field, fields
from datetime import datetime
from functools import partial
from itertools import count
from typing import Any
from uuid import UUID

from shared.engine import outbox
from shared.engine.event import Emission, Event, Record
from shared.engine.ledger import Fence, Outgoing, ParkedRecord, Place, Refusal
from shared.engine.remembered import Remembered
from shared.engine.subscription import Due, Subscription
from shared.errors import Oversized, Transient

Pause = Callable[[], Awaitable[None]]
Until = Callable[[Callable[[], bool]], Awaitable[None]]


@dataclass(slots=True)
class Tables:
    """Everything that is stored. `rows` is for handlers: (table, key) to a value that is replaced, never changed."""

    fences: dict[tuple[str, Place], Fence] = field(default_factory=dict)
    inbox: set[tuple[str, str, str]] = field(default_factory=set)
    parked: dict[int, tuple[str, ParkedRecord]] = field(default_factory=dict)
    quarantine: list[tuple[Record, Refusal]] = field(default_factory=list)
    outbox: dict[int, Outgoing] = field(default_factory=dict)
    batch: list[tuple[int, int]] = field(default_factory=list)
    aside: dict[int, tuple[Outgoing, str | None]] = field(default_factory=dict)
    positions: dict[Place, int] = field(default_factory=dict)
    timers: dict[tuple[str, UUID], tuple[int, datetime]] = field(default_factory=dict)
    actions: list[str] = field(default_factory=list)
    rows: dict[tuple[str, str], Any] = field(default_factory=dict)
    published: set[bytes] = field(default_factory=set)
    recoveries: int = 0
    restores: int = 0

    def free(self) -> list[int]:
        """What was set aside and has nothing refused before it any more."""
        refused = {row.key: id_ for id_, (row, why) in sorted(self.aside.items(), reverse=True) if why}
        return [id_ for id_, (row, _) in self.aside.items() if id_ < refused.get(row.key, id_ + 1)]


class MemoryDatabase:
    """The committed tables, who holds which lock, and the sequences."""

    def __init__(
        self, pause: Pause, until: Until, now: Callable[[], datetime], kind: "type[MemoryTransaction] | None" = None
    ) -> None:
        self.kind = kind or MemoryTransaction
        self.tables = Tables()
        self.locks: dict[object, MemoryTransaction] = {}
        self.pause = pause
        self.until = until
        self.now = now
        self.ids = count(1)
        self.relay: object | None = None
        self.most_emitted = 5_000
        self.recovered = True
        self.remembered: Remembered | None = None
        self._connected = 0

    @classmethod
    def like(
        cls, other: "MemoryDatabase", kind: "type[MemoryTransaction]", remembered: Remembered | None = None
    ) -> "MemoryDatabase":
        """The same database, with transactions of another kind, or as a process that remembers something sees it: what
        a recovery found published is asked for by who began after one.
        """
        twin = cls(other.pause, other.until, other.now, kind)
        twin.__dict__.update(
            {**other.__dict__, "kind": kind, "remembered": remembered, "_connected": other.tables.restores}
        )
        twin.recovered = bool(other.tables.published)
        if remembered is not None:
            remembered.recoveries = other.tables.recoveries
        return twin

    def backup(self) -> Tables:
        """A copy of what is committed."""
        return deepcopy(self.tables)

    def restore(self, tables: Tables) -> None:
        """Go back to a backup; every connection is lost, with its transaction and the relay's lock."""
        restores = self.tables.restores + 1
        for part, value in zip(
            fields(Tables), (getattr(deepcopy(tables), f.name) for f in fields(Tables)), strict=True
        ):
            setattr(self.tables, part.name, value)
        self.tables.restores = restores
        self.locks.clear()
        self.relay = None

    @asynccontextmanager
    async def transaction(self, subscription: Subscription | None = None) -> AsyncIterator["MemoryTransaction"]:
        await self.pause()
        self._connect(subscription)
        tx = self.kind(self, subscription)
        try:
            yield tx
            await tx.flush()
            await self.pause()  # dying here is dying before the commit
            tx.commit()
        finally:
            tx.unlock()
        if self.remembered is not None:
            self.remembered.keep_fences(tx.group, tx.moved)
        await self.pause()  # and here with a commit that nobody was told of
        for then in tx.then:
            await then()

    def _connect(self, subscription: Subscription | None) -> None:
        """A new connection, where the last one was lost, sees whether the database has gone back."""
        if self._connected != self.tables.restores and self.remembered is not None and subscription is not None:
            fences = {
                place: fence for (group, place), fence in self.tables.fences.items() if group == subscription.group
            }
            self.remembered.check_fences(subscription.group, fences)
        self._connected = self.tables.restores


Change = Callable[[Tables], None]


def _forget(rows: dict[Any, Any], keys: Iterable[object]) -> None:
    for key in keys:
        rows.pop(key, None)


def _replace(rows: dict[Any, Any], key: object, row: object) -> None:
    if key in rows:
        rows[key] = row


def _insert(row: Outgoing, tables: Tables) -> None:
    tables.outbox[row.id] = row


class MemoryTransaction:
    """One transaction: changes are written down, shown to itself, and applied at the commit."""

    def __init__(self, database: MemoryDatabase, subscription: Subscription | None) -> None:
        self.now = database.now()
        self.context: Any = None
        self.was_recovered = False
        self.last_event_times: Mapping[int, datetime] = {}
        self.group = subscription.group if subscription else ""
        self.then: list[Callable[[], Awaitable[None]]] = []
        self.moved: dict[Place, Fence] = {}
        self._database = database
        self._restores = database.tables.restores
        self._rows: list[outbox.Row] = []
        self._ordinals: outbox.Ordinals = Counter()
        self._changes: list[Change] = []
        self._own: dict[tuple[str, str], Any] = {}
        self._released: set[int] = set()

    # --- what handlers of a simulation use instead of SQL

    async def lock(self, name: object) -> None:
        """Take a row lock, or wait for it."""
        locks = self._database.locks
        await self._database.pause()
        await self._database.until(lambda: locks.get(name) in {None, self})
        locks[name] = self

    def get(self, table: str, key: str) -> Any:
        """A row as this transaction sees it; None if there is none."""
        return self._own.get((table, key), self._database.tables.rows.get((table, key)))

    def put(self, table: str, key: str, value: object) -> None:
        """Write a row."""
        self._own[table, key] = value

    # --- Transaction

    async def fetch(self, statement: str, *args: object) -> Sequence[Any]:
        raise NotImplementedError("a simulated handler uses get, put and lock")

    async def fetchrow(self, statement: str, *args: object) -> Any:
        return await self.fetch(statement, *args)

    async def fetchval(self, statement: str, *args: object) -> Any:
        return await self.fetch(statement, *args)

    async def execute(self, statement: str, *args: object) -> str:
        return str(await self.fetch(statement, *args))

    async def copy(self, table: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        raise NotImplementedError("a simulated handler uses get, put and lock")

    def emit(self, emissions: Iterable[Emission]) -> None:
        self._rows += outbox.encode(emissions, self._ordinals)
        if len(self._rows) > self._database.most_emitted:
            raise Oversized(f"at most {self._database.most_emitted} events")

    async def set_timers(self, name: str, timers: Iterable[tuple[UUID, int, datetime]]) -> None:
        new = {(name, id_): (partition, due_at) for id_, partition, due_at in timers}
        self._changes.append(lambda tables: tables.timers.update(new))

    async def clear_timers(self, name: str, ids: Iterable[UUID]) -> None:
        gone = [(name, id_) for id_ in ids]
        self._changes.append(lambda tables: _forget(tables.timers, gone))

    def after_commit(self, then: Callable[[], Awaitable[None]]) -> None:
        self.then.append(then)

    # --- EngineTransaction

    def tell(self, events: Sequence[Event[Any]]) -> None:
        pass

    async def lock_fences(self, places: Sequence[Place]) -> dict[Place, Fence]:
        for place in places:
            await self.lock((self.group, place))
        stored = self._database.tables.fences
        new = Fence(recoveries=self._database.tables.recoveries)
        fences = {place: stored.get((self.group, place), new).copy() for place in places}
        if self._database.remembered is not None:
            self._database.remembered.check_fences(self.group, fences)
        return fences

    async def save_fences(self, fences: Mapping[Place, Fence]) -> None:
        await self._database.pause()
        new = {(self.group, place): fence.copy() for place, fence in fences.items()}
        self.moved |= fences

        def save(tables: Tables) -> None:
            for name, fence in new.items():
                fence.next_offset = max(fence.next_offset, tables.fences.get(name, fence).next_offset)
                tables.fences[name] = fence

        self._changes.append(save)

    async def admit(self, ids: Sequence[tuple[str, str]]) -> set[tuple[str, str]]:
        new = set()
        for source, id_ in ids:
            await self.lock(("inbox", self.group, source, id_))
            if (self.group, source, id_) not in self._database.tables.inbox:
                new.add((source, id_))
        added = {(self.group, source, id_) for source, id_ in new}
        self._changes.append(lambda tables: tables.inbox.update(added))
        return new

    async def free(self, ids: Sequence[tuple[str, str]]) -> None:
        freed = {(self.group, source, id_) for source, id_ in ids}
        self._changes.append(lambda tables: tables.inbox.difference_update(freed))

    async def held_keys(self, topic: str, keys: Sequence[bytes]) -> set[bytes]:
        await self._database.pause()
        wanted = set(keys)
        return {one.record.key for one in self._parked(topic) if one.refusal.holds and one.record.key in wanted}

    async def park(self, records: Sequence[tuple[Record, Refusal, datetime]]) -> None:
        await self._database.pause()
        new = {}
        for record, refusal, at in records:
            parked = ParkedRecord(next(self._database.ids), record, refusal, at)
            new[parked.id] = (self.group, parked)
        self._changes.append(lambda tables: tables.parked.update(new))

    async def quarantine(self, records: Sequence[tuple[Record, Refusal]]) -> None:
        new = list(records)
        self._changes.append(lambda tables: tables.quarantine.extend(new))

    async def take_parked(self, topic: str, key: bytes, limit: int) -> list[ParkedRecord]:
        await self._database.pause()
        found = [one for one in self._parked(topic) if one.record.key == key and one.refusal.holds]
        return sorted(found, key=lambda one: one.record.offset)[:limit]

    async def release(self, parked: ParkedRecord) -> bool:
        await self.lock(("parked", parked.id))
        if parked.id in self._released or parked.id not in self._database.tables.parked:
            return False
        self._released.add(parked.id)
        self._changes.append(lambda tables: _forget(tables.parked, [parked.id]))
        return True

    async def describe_parked(self, parked: ParkedRecord, refusal: Refusal) -> None:
        new = ParkedRecord(parked.id, parked.record, refusal, parked.handled_at)
        self._changes.append(lambda tables: _replace(tables.parked, parked.id, (self.group, new)))

    async def record_action(self, action: str, subject: Mapping[str, object], reason: str) -> None:
        self._changes.append(lambda tables: tables.actions.append(f"{action} {dict(subject)} {reason}"))

    async def find_due(self, name: str, watermarks: Mapping[int, datetime], limit: int) -> list[UUID]:
        await self._database.pause()
        return [each.id for each in self._due(name, watermarks)[:limit]]

    async def take_due(
        self, name: str, watermarks: Mapping[int, datetime], limit: int, among: Sequence[UUID] | None = None
    ) -> list[Due]:
        await self._database.pause()
        due = self._due(name, watermarks)
        taken = [each for each in due if among is None or each.id in among][:limit]
        for one in taken:
            self._database.locks["timer", name, one.id] = self
        await self.clear_timers(name, [one.id for one in taken])
        return taken

    def _due(self, name: str, watermarks: Mapping[int, datetime]) -> list[Due]:
        due = [
            Due(id_, partition, due_at, watermarks[partition])
            for (timer, id_), (partition, due_at) in self._database.tables.timers.items()
            if timer == name
            and due_at <= watermarks.get(partition, due_at.min.replace(tzinfo=due_at.tzinfo))
            and self._database.locks.get(("timer", timer, id_)) is None
        ]
        return sorted(due, key=lambda one: (one.due_at, one.id))

    async def fail_timer(self, name: str, due: Due, refusal: Refusal) -> None:
        self._changes.append(lambda tables: tables.actions.append(f"{name} {due.id} failed: {refusal.reason}"))

    @asynccontextmanager
    async def savepoint(self) -> AsyncIterator[None]:
        rows, changes, then = len(self._rows), len(self._changes), len(self.then)
        own, released, ordinals = dict(self._own), set(self._released), self._ordinals.copy()
        try:
            yield
        except BaseException:
            del self._rows[rows:], self._changes[changes:], self.then[then:]
            self._own, self._released, self._ordinals = own, released, ordinals
            raise

    def _parked(self, topic: str) -> list[ParkedRecord]:
        return [
            parked
            for group, parked in self._database.tables.parked.values()
            if group == self.group and parked.record.topic == topic and parked.id not in self._released
        ]

    # --- the end

    async def flush(self) -> None:
        """Draw the ids of what was emitted; other transactions may draw later ones and commit earlier."""
        published = self._database.tables.published if self._database.recovered else set[bytes]()
        for row in outbox.without(self._rows, published):
            id_ = next(self._database.ids)
            self._changes.append(partial(_insert, Outgoing(id_, *row)))
            await self._database.pause()

    def commit(self) -> None:
        """Everything at once. Raises Transient where the database went back to a backup meanwhile."""
        tables = self._database.tables
        if self._restores != tables.restores:
            raise Transient("the connection was lost")
        for change in self._changes:
            change(tables)
        tables.rows.update(self._own)

    def unlock(self) -> None:
        """Let go of every lock."""
        for name in [name for name, tx in self._database.locks.items() if tx is self]:
            del self._database.locks[name]
