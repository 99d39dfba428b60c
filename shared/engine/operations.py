"""What operators do about the records of one service, for the command and for HTTP alike."""

from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import asyncpg

from shared.engine import quarantine, redrive
from shared.engine.database import Database
from shared.engine.event import Record
from shared.engine.keys import escape_key, parse_key
from shared.engine.ledger import ParkedRecord
from shared.engine.postgres import SQL, PostgresLedger, PostgresTransaction
from shared.engine.quarantine import QuarantinedRecord, find_quarantined
from shared.engine.rows import record_of
from shared.engine.subscription import Subscription
from shared.errors import Invalid, NotFound

_READ_AT_ONCE = 100
Executor = asyncpg.Pool | asyncpg.Connection | asyncpg.pool.PoolConnectionProxy


@dataclass(frozen=True, slots=True)
class Choice:
    """Which parked records; None lets everything through. `key` is written as `escape_key` writes it."""

    group: str | None = None
    topic: str | None = None
    reason: str | None = None
    key: str | None = None
    ids: Sequence[int] | None = None

    @property
    def narrow(self) -> bool:
        return any(part is not None for part in (self.group, self.topic, self.reason, self.key, self.ids))

    @property
    def filters(self) -> tuple[object, ...]:
        """As the statements take them; raises Invalid for a key that cannot be read."""
        key = None if self.key is None else parse_key(self.key)
        return self.group, self.topic, self.reason, key, self.ids


@dataclass(frozen=True, slots=True)
class ParkedLine:
    """A record that waits. `holds`: the later ones of its key wait for it, or it waits for an earlier one."""

    id: int
    group_id: str
    topic: str
    partition: int
    record_offset: int
    key: str | None
    reason: str
    detail: str
    unexpected: bool
    holds: bool
    handled_at: datetime
    parked_at: datetime
    replaced: bool


@dataclass(frozen=True, slots=True)
class QuarantinedLine:
    """A record that could not be read, without what it holds."""

    id: int
    group_id: str
    topic: str
    partition: int
    record_offset: int
    reason: str
    bytes: int
    quarantined_at: datetime
    replaced: bool


@dataclass(frozen=True, slots=True)
class Freed:
    """What became of one key, or of one record that waited alone; `held_by` is why something still waits."""

    group: str
    topic: str
    key: str | None
    applied: int
    held_by: str | None
    detail: str


@dataclass(frozen=True, slots=True)
class Repair:
    """What --with and --header put in the place of what came, or why a record is given up."""

    value: bytes | None = None
    headers: Mapping[str, bytes] = field(default_factory=dict)
    given_up: str | None = None


@dataclass(frozen=True, slots=True)
class Outbox:
    """Events that wait to be published, counted up to 100,001, and the age of the oldest in seconds."""

    waiting: int
    oldest_seconds: float


async def measure_outbox(executor: Executor) -> Outbox:
    row = await executor.fetchrow(SQL["outbox_depth"])
    assert row is not None
    return Outbox(row["depth"], float(row["age"] or 0))


async def list_parked(executor: Executor, choice: Choice, limit: int, before: int | None = None) -> list[ParkedLine]:
    """Newest first; with `before`, those older than that id."""
    rows = await executor.fetch(SQL["list_parked"], *choice.filters, before, limit)
    return [ParkedLine(**{**dict(row), "key": _text(row["key"])}) for row in rows]


async def list_quarantine(
    executor: Executor, topic: str | None, reason: str | None, limit: int, before: int | None = None
) -> list[QuarantinedLine]:
    rows = await executor.fetch(SQL["list_quarantine"], topic, reason, before, limit)
    return [QuarantinedLine(**dict(row)) for row in rows]


class Operations:
    """The acts of one operator. `ledger_of` gives the ledger of a pool, with what handlers need and who acts."""

    def __init__(
        self,
        database: Database,
        subscriptions: Iterable[Subscription],
        ledger_of: Callable[[asyncpg.Pool], PostgresLedger],
    ) -> None:
        self._database = database
        self._subscriptions = {each.group: each for each in subscriptions}
        self._ledger_of = ledger_of

    async def redrive_parked(self, choice: Choice, repair: Repair) -> list[Freed]:
        """Free keys: apply their parked records in order, after repairing the one chosen or giving up those chosen.

        Raises Invalid where a value is meant for several records. Nothing chosen gives nothing.
        """
        changed, firsts = await self._plan(choice)
        if (repair.value is not None or repair.headers) and len(changed) > 1:
            raise Invalid("a value replaces that of one record: name its id, or a key that one group holds")
        for parked_id in changed:
            await self._change(parked_id, repair)
        return [await self._free(row) for row in firsts]

    async def count_changed(self, choice: Choice) -> int:
        return len((await self._plan(choice))[0])

    async def _plan(self, choice: Choice) -> tuple[list[int], list[Any]]:
        rows = await self._database.main.fetch(SQL["choose_parked"], *choice.filters)
        chosen = [row["id"] for row in rows]
        firsts = await self._database.main.fetch(SQL["first_parked"], chosen)
        # A key's first record is what holds it; the later ones are meant only where they are named.
        by_themselves = choice.ids is not None or choice.reason is not None
        return (chosen if by_themselves else [row["id"] for row in firsts]), firsts

    async def _change(self, parked_id: int, repair: Repair) -> None:
        if repair.value is None and repair.given_up is None:
            return
        async with self._ledger(None).transaction() as tx:
            parked = await redrive.find_parked(tx, parked_id)
            group = await tx.fetchval(SQL["group_of_parked"], parked_id)
        subscription = self._subscription(group)
        if repair.value is not None:
            await redrive.replace_value(subscription, self._ledger(subscription), parked, repair.value)
        elif repair.given_up is not None:
            await redrive.drop(subscription, self._ledger(subscription), parked, repair.given_up)

    async def _free(self, first: Any) -> Freed:
        subscription = self._subscription(first["group_id"])
        ledger = self._ledger(subscription)
        line = first["group_id"], first["topic"], _text(first["key"])
        async with ledger.transaction(subscription) as tx:
            if first["holds"]:
                waiting = next(iter(await tx.take_parked(first["topic"], first["key"], 1)), None)
            else:
                waiting = await _if_parked(tx, first["id"])
        if waiting is None:
            return Freed(*line, 0, None, "")
        done = await redrive.redrive(subscription, ledger, waiting)
        return Freed(*line, done.applied, done.reason, done.detail)

    async def read_quarantined(self, quarantine_id: int) -> QuarantinedRecord:
        """Raises NotFound."""
        async with self._ledger(None).transaction() as tx:
            return await find_quarantined(tx, quarantine_id)

    def parked_records(self, topic: str) -> AsyncIterator[tuple[int, Record]]:
        return self._records(SQL["read_parked"], topic)

    def quarantined_records(self, topic: str) -> AsyncIterator[tuple[int, Record]]:
        return self._records(SQL["read_quarantined"], topic)

    async def _records(self, statement: str, topic: str) -> AsyncIterator[tuple[int, Record]]:
        last = 0
        while rows := await self._database.main.fetch(statement, topic, last, _READ_AT_ONCE):
            for row in rows:
                yield row["id"], record_of(row)
            last = rows[-1]["id"]

    async def redrive_quarantined(self, quarantine_id: int, repair: Repair) -> Freed:
        """Repair a record and apply it, or give it up; raises NotFound."""
        found = await self.read_quarantined(quarantine_id)
        subscription = self._subscription(found.group)
        ledger = self._ledger(subscription)
        line = found.group, found.record.topic, _text(found.record.key)
        if repair.given_up is not None:
            await quarantine.drop_quarantined(subscription, ledger, found, repair.given_up)
            return Freed(*line, 0, None, "")
        await quarantine.repair_quarantined(subscription, ledger, found, repair.value, repair.headers)
        done = await quarantine.redrive_quarantined(subscription, ledger, await self.read_quarantined(quarantine_id))
        return Freed(*line, done.applied, done.reason, done.detail)

    def _subscription(self, group: str) -> Subscription:
        if group not in self._subscriptions:
            raise NotFound(f"this code has no group {group}: use the version that parked it")
        return self._subscriptions[group]

    def _ledger(self, subscription: Subscription | None) -> PostgresLedger:
        return self._ledger_of(self._database.main if subscription is None else self._database.pool_of(subscription))


async def _if_parked(tx: PostgresTransaction, parked_id: int) -> ParkedRecord | None:
    try:
        return await redrive.find_parked(tx, parked_id)
    except NotFound:
        return None


def _text(key: bytes | None) -> str | None:
    return None if key is None else escape_key(key)
