"""The ledger in Postgres."""

from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg

from shared.engine import actions, outbox
from shared.engine.changes import Told, written
from shared.engine.connections import Connections
from shared.engine.event import Emission, Event, Record
from shared.engine.ledger import Fence, ParkedRecord, Place, Refusal
from shared.engine.remembered import Remembered
from shared.engine.rows import columns_of, fence_columns, fences_of, parked_of
from shared.engine.subscription import Due, Subscription
from shared.errors import Oversized, Transient
from shared.sql import columns, load_queries

SQL = {
    **load_queries(Path(__file__).with_name("queries.sql")),
    **load_queries(Path(__file__).with_name("operations.sql")),
}
"""The statements of the engine, and those of operators beside it."""

MAX_EMITTED = 5_000
"""Rows that one transaction may emit; what fans out further is a job with a cursor."""

_COPIED = 100
"""Of more rows a COPY, which takes round trips of its own, is cheaper than one insertion after the other."""
_NOTHING_EMITTED: list[list[object]] = [[] for _ in outbox.COLUMNS]

DATABASE_ERRORS = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)
"""What a statement may raise; the last is asyncpg's word for a connection that ends as it is used."""

PUBLICATION_SKEW = timedelta(seconds=1)
"""How far apart events that were published together may appear on different topics; an event's timers wait for it."""

DATA_STATES = frozenset({"21", "22", "23", "54"})
"""Classes of SQLSTATE that the same rows cause again: of cardinality, values, constraints, and limits of a row."""

Connection = asyncpg.Connection | asyncpg.pool.PoolConnectionProxy


def is_infrastructure(error: BaseException) -> bool:
    """True where trying again may help: anything but a refusal, an error about the data or a handler's bug."""
    if isinstance(error, Transient | OSError | asyncpg.InterfaceError | asyncpg.InternalClientError):
        return not isinstance(error, asyncpg.DataError)
    state = getattr(error, "sqlstate", None)
    return isinstance(error, asyncpg.PostgresError) and str(state)[:2] not in DATA_STATES


class PostgresTransaction:
    """One transaction; see `transaction.Transaction` and `ledger.EngineTransaction` for what its methods promise."""

    def __init__(
        self,
        connection: Connection,
        subscription: Subscription | None,
        now: datetime,
        context: object = None,
        remembered: Remembered | None = None,
        *,
        recovered: bool = False,
        told: Told | None = None,
    ) -> None:
        """`remembered` notices a database that went back. In one that was `recovered`, events that the topics hold
        already are not published again. `told` says what readers are told of; None where nobody is told anything.
        """
        self.now = now
        self.context: Any = context
        self.was_recovered = True
        self.last_event_times: Mapping[int, datetime] = {}
        self.group = subscription.group if subscription else ""
        self.then: list[Callable[[], Awaitable[None]]] = []
        self.emitted = 0
        self._connection = connection
        self._remembered = remembered
        self._recovered = recovered
        self._told = told
        self._applied: list[Event[Any]] = []
        self._moved: dict[Place, Fence] = {}
        self._may_emit = subscription is None or subscription.kind == "process"
        self._rows: list[outbox.Row] = []
        self._ordinals: outbox.Ordinals = Counter()

    async def fetch(self, statement: str, *args: object) -> list[Any]:
        return await self._connection.fetch(statement, *args)

    async def fetchrow(self, statement: str, *args: object) -> Any:
        return await self._connection.fetchrow(statement, *args)

    async def fetchval(self, statement: str, *args: object) -> Any:
        return await self._connection.fetchval(statement, *args)

    async def execute(self, statement: str, *args: object) -> str:
        return await self._connection.execute(statement, *args)

    async def copy(self, table: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        if len(records := list(rows)) > _COPIED:
            await self._connection.copy_records_to_table(table, columns=list(columns), records=records)
        elif records:
            await self._connection.executemany(_insertion(table, tuple(columns)), records)

    def emit(self, emissions: Iterable[Emission]) -> None:
        if not self._may_emit:
            raise RuntimeError(f"{self.group} is a projection and emits nothing")
        self._rows += outbox.encode(emissions, self._ordinals)
        if len(self._rows) > MAX_EMITTED:
            raise Oversized(f"a transaction emits at most {MAX_EMITTED} events: make it a job with a cursor")

    async def set_timers(self, name: str, timers: Iterable[tuple[UUID, int, datetime]]) -> None:
        if rows := list(timers):
            not_before = [at and at + PUBLICATION_SKEW for _, p, _ in rows for at in [self.last_event_times.get(p)]]
            await self.execute(SQL["set_timers"], name, *map(list, zip(*rows, strict=True)), not_before)

    async def clear_timers(self, name: str, ids: Iterable[UUID]) -> None:
        await self.execute(SQL["clear_timers"], name, list(ids))

    def after_commit(self, then: Callable[[], Awaitable[None]]) -> None:
        self.then.append(then)

    def tell(self, events: Sequence[Event[Any]]) -> None:
        self._applied += events

    async def flush(self) -> None:
        """Write what was emitted, what readers are told and the fences that were saved: nothing may lock after it."""
        rows, self._rows = self._rows, []
        if rows and self._recovered:
            known = await self.fetch(SQL["load_published"], outbox.hashed_parts(rows))
            rows = outbox.without(rows, {row["hashed"] for row in known})
        self.emitted += len(rows)
        lines = self._told.lines(self._applied, rows) if self._told is not None else ()
        if len(rows) > _COPIED:
            await self.copy("outbox", outbox.COLUMNS, rows)
            rows = []
        if rows or lines or self._moved:
            change = written(lines) if lines else None
            emitted = columns(rows) or _NOTHING_EMITTED
            await self.execute(SQL["conclude"], self.group, *fence_columns(self._moved), change, *emitted)

    def committed(self) -> None:
        if self._remembered is not None:
            self._remembered.keep_fences(self.group, self._moved)

    @asynccontextmanager
    async def savepoint(self) -> AsyncIterator[None]:
        kept_rows, kept_then, kept_ordinals = len(self._rows), len(self.then), self._ordinals.copy()
        try:
            async with self._connection.transaction():
                yield
        except BaseException:
            del self._rows[kept_rows:], self.then[kept_then:]
            self._ordinals = kept_ordinals
            raise

    # --- fences

    async def lock_fences(self, places: Sequence[Place]) -> dict[Place, Fence]:
        topics, partitions = [p[0] for p in places], [p[1] for p in places]
        rows = await self.fetch(SQL["lock_fences"], self.group, topics, partitions)
        if len(rows) < len(places):
            await ensure_fences(self._connection, self.group, places)
            rows = await self.fetch(SQL["lock_fences"], self.group, topics, partitions)
        fences = fences_of(rows)
        if self._remembered is not None:
            self._remembered.check_fences(self.group, fences)
        return fences

    async def save_fences(self, fences: Mapping[Place, Fence]) -> None:
        self._moved |= fences

    async def admit(self, ids: Sequence[tuple[str, str]]) -> set[tuple[str, str]]:
        sources, own = [source for source, _ in ids], [id_ for _, id_ in ids]
        return {(row[0], row[1]) for row in await self.fetch(SQL["admit"], self.group, sources, own)}

    async def free(self, ids: Sequence[tuple[str, str]]) -> None:
        await self.execute(SQL["free"], self.group, [source for source, _ in ids], [id_ for _, id_ in ids])

    # --- parking

    async def held_keys(self, topic: str, keys: Sequence[bytes]) -> set[bytes]:
        return {row[0] for row in await self.fetch(SQL["held_keys"], self.group, topic, list(keys))}

    async def park(self, records: Sequence[tuple[Record, Refusal, datetime]]) -> None:
        rows = [
            (*columns_of(record), refusal.reason, refusal.detail, refusal.unexpected, refusal.holds, at)
            for record, refusal, at in records
        ]
        await self.execute(SQL["park"], self.group, *map(list, zip(*rows, strict=True)))

    async def quarantine(self, records: Sequence[tuple[Record, Refusal]]) -> None:
        rows = [(*columns_of(record), refusal.reason) for record, refusal in records]
        await self.execute(SQL["quarantine"], self.group, *map(list, zip(*rows, strict=True)))

    async def take_parked(self, topic: str, key: bytes, limit: int) -> list[ParkedRecord]:
        rows = await self.fetch(SQL["take_parked"], self.group, topic, key, limit)
        return [parked_of(row) for row in rows]

    async def release(self, parked: ParkedRecord) -> bool:
        return await self.fetchval(SQL["release"], parked.id) is not None

    async def describe_parked(self, parked: ParkedRecord, refusal: Refusal) -> None:
        columns = refusal.reason, refusal.detail, refusal.unexpected, refusal.holds
        await self.execute(SQL["describe_parked"], parked.id, *columns)

    async def record_action(self, action: str, subject: Mapping[str, object], reason: str) -> None:
        await actions.record_action(self._connection, action, subject, reason)

    # --- timers

    async def find_due(self, name: str, watermarks: Mapping[int, datetime], limit: int) -> list[UUID]:
        rows = await self.fetch(SQL["find_due"], name, *columns(sorted(watermarks.items())), limit)
        return [row["id"] for row in rows]

    async def take_due(
        self, name: str, watermarks: Mapping[int, datetime], limit: int, among: Sequence[UUID] | None = None
    ) -> list[Due]:
        statement, which = (SQL["take_due"], limit) if among is None else (SQL["take_due_among"], among)
        rows = await self.fetch(statement, name, *columns(sorted(watermarks.items())), which)
        due = [Due(row["id"], row["partition"], row["due_at"], watermarks[row["partition"]]) for row in rows]
        return sorted(due, key=lambda timer: (timer.due_at, timer.id))

    async def fail_timer(self, name: str, due: Due, refusal: Refusal) -> None:
        why = f"{refusal.reason}: {refusal.detail}"
        await self.execute(SQL["fail_timer"], name, due.id, due.partition, due.due_at, why)


@cache
def _insertion(table: str, columns: tuple[str, ...]) -> str:
    """The same text each time, so that it is prepared once. Names stand in the code, never in what came in."""
    places = ", ".join(f"${number}" for number in range(1, len(columns) + 1))
    return f"insert into {table} ({', '.join(columns)}) values ({places})"  # noqa: S608


async def ensure_fences(executor: asyncpg.Pool | Connection, group: str, places: Sequence[Place]) -> None:
    await executor.execute(SQL["ensure_fences"], group, [place[0] for place in places], [place[1] for place in places])


class PostgresLedger:
    """Transactions over one pool, whose connections have the search path of what they serve."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        now: Callable[[], datetime],
        emitted: Callable[[], Awaitable[None]],
        context: object = None,
        remembered: Remembered | None = None,
        *,
        recovered: bool = False,
        fenced: bool = False,
        actor: str | None = None,
        told: Told | None = None,
    ) -> None:
        """`fenced` transactions lock fences, which notices a database that went back; others ask for it by themselves.

        `actor` is written into the audit lines of its transactions; without, they have what the session says.
        """
        self._remembered = remembered
        self._fenced = fenced
        self._recovered = recovered
        self._told = told
        # Readers alone lock fences, and run one transaction after the other.
        self._connections = Connections(pool, keep=fenced)
        self._actor = actor
        self._now = now
        self._emitted = emitted
        self._context = context

    @asynccontextmanager
    async def transaction(self, subscription: Subscription | None = None) -> AsyncIterator[PostgresTransaction]:
        async with self._connections.use() as connection, connection.transaction():
            tx = PostgresTransaction(
                connection,
                subscription,
                self._now(),
                self._context,
                self._remembered,
                recovered=self._recovered,
                told=self._told,
            )
            if self._remembered is not None and not self._fenced:
                found = await tx.fetchrow(SQL["begin_unfenced"])
                self._remembered.check_recovery(found["setback"], found["recoveries"], under_way=not found["held"])
                tx.was_recovered = found["recoveries"] > 0
            if self._actor is not None:
                await tx.execute(SQL["act_as"], self._actor)
            yield tx
            await tx.flush()
        tx.committed()
        if tx.emitted:
            await self._emitted()
        for then in tx.then:
            await then()
