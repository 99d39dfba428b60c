"""Parked records: what waits, and how it gets on."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from shared import clock
from shared.engine.database import Database
from shared.engine.postgres import SQL as ENGINE, PostgresLedger
from shared.engine.redrive import drop, find_parked, redrive, replace_value
from shared.engine.subscription import Subscription
from shared.errors import ConfigurationError, NotFound
from shared.run.discovery import context_of, subscriptions_of
from shared.settings import DatabaseSettings
from shared.sql import load_queries
from tools.rapport.stack import Stack

SQL = load_queries(Path(__file__).with_name("queries.sql"))
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Choice:
    """Which parked records; None lets everything through. `ids` are per service."""

    group: str | None = None
    topic: str | None = None
    reason: str | None = None
    key: str | None = None
    ids: Sequence[int] | None = None

    @property
    def narrow(self) -> bool:
        """Whether anything is chosen at all."""
        return any(part is not None for part in (self.group, self.topic, self.reason, self.key, self.ids))


async def list_parked(stack: Stack, choice: Choice, limit: int) -> list[Row]:
    """Parked records of every service of the stack, each with the id that other commands take."""
    found = []
    for service in stack.dsns:
        async with stack.connect(service) as connection:
            rows = await connection.fetch(SQL["list_parked"], *_filters(choice), limit)
            found += [{**dict(row), "id": f"{service}:{row['id']}", "key": key_text(row["key"])} for row in rows]
    return found[:limit]


async def count_parked(stack: Stack) -> list[Row]:
    """Records and keys per group, topic and reason."""
    found = []
    for service in stack.dsns:
        async with stack.connect(service) as connection:
            found += [{"service": service, **dict(row)} for row in await connection.fetch(ENGINE["count_parked"])]
    return found


async def redrive_parked(stack: Stack, choice: Choice, value: bytes | None, given_up: str | None) -> list[Row]:
    """Free keys: apply their parked records in order, after replacing the value of the one chosen or giving up those
    chosen. One line a key, with why it is still held if it is. Raises NotFound where nothing is chosen.
    """
    plans = [plan for service in stack.dsns if (plan := await _plan(stack, service, choice)).keys]
    if not plans:
        raise NotFound("nothing is parked that fits; `rapport parked` lists what is")
    if value is not None and sum(len(plan.changed) for plan in plans) != 1:
        raise ConfigurationError("--with replaces the value of one record: name its id, or a key that one group holds")
    outcome = []
    for plan in plans:
        async with _engine(stack, plan.service) as engine:
            outcome += await engine.free(plan, value, given_up)
    return outcome


@dataclass(frozen=True, slots=True)
class _Plan:
    """What is chosen in one service: the first parked record of each key, and those that --with and --drop mean."""

    service: str
    keys: Sequence[Any]
    changed: Sequence[int]


async def _plan(stack: Stack, service: str, choice: Choice) -> _Plan:
    async with stack.connect(service) as connection:
        chosen = [row["id"] for row in await connection.fetch(SQL["list_parked"], *_filters(choice), None)]
        keys = await connection.fetch(SQL["first_parked"], chosen)
    # A key's first record is what holds it; the later ones are meant only where they are named.
    by_themselves = choice.ids is not None or choice.reason is not None
    return _Plan(service, keys, chosen if by_themselves else [row["id"] for row in keys])


@dataclass(frozen=True, slots=True)
class _Engine:
    """The engine of one service, as far as redriving needs it."""

    service: str
    database: Database
    subscriptions: dict[str, Subscription]
    context: object

    def ledger(self, subscription: Subscription) -> PostgresLedger:
        return PostgresLedger(self.database.pool_of(subscription), clock.now, self._wake_relay, self.context)

    async def free(self, plan: _Plan, value: bytes | None, given_up: str | None) -> list[Row]:
        if value is not None or given_up is not None:
            for parked_id in plan.changed:
                await self._change(parked_id, value, given_up)
        return [await self._free_key(row) for row in plan.keys]

    async def _change(self, parked_id: int, value: bytes | None, given_up: str | None) -> None:
        async with PostgresLedger(self.database.main, clock.now, self._wake_relay).transaction() as tx:
            parked = await find_parked(tx, parked_id)
            group = await tx.fetchval(SQL["group_of_parked"], parked_id)
        subscription = self._subscription(group)
        if value is not None:
            await replace_value(subscription, self.ledger(subscription), parked, value)
        elif given_up is not None:
            await drop(subscription, self.ledger(subscription), parked, given_up)

    async def _free_key(self, key: Any) -> Row:
        subscription = self._subscription(key["group_id"])
        line = {"service": self.service, "group": key["group_id"], "topic": key["topic"], "key": key_text(key["key"])}
        ledger = self.ledger(subscription)
        async with ledger.transaction(subscription) as tx:
            waiting = await tx.take_parked(key["topic"], key["key"], 1) if key["key"] is not None else []
            if key["key"] is None:
                rows = await tx.fetch(SQL["list_parked"], None, None, None, None, [key["id"]], 1)
                waiting = [await find_parked(tx, key["id"])] if rows else []
        if not waiting:
            return {**line, "applied": 0, "held_by": None, "detail": ""}
        done = await redrive(subscription, ledger, key["topic"], key["key"], waiting[0])
        return {**line, "applied": done.applied, "held_by": done.reason, "detail": done.detail}

    def _subscription(self, group: str) -> Subscription:
        if group not in self.subscriptions:
            raise ConfigurationError(
                f"this code of {self.service} has no group {group}: use the version that parked it"
            )
        return self.subscriptions[group]

    async def _wake_relay(self) -> None:
        await self.database.main.execute(SQL["wake_relay"])


@asynccontextmanager
async def _engine(stack: Stack, service: str) -> AsyncIterator[_Engine]:
    subscriptions = subscriptions_of(service)
    settings = DatabaseSettings(dsn=SecretStr(stack.dsns[service]), pool_min=1, pool_max=3)
    database = Database(settings, service)
    await database.open(subscriptions)
    try:
        yield _Engine(service, database, {each.group: each for each in subscriptions}, context_of(service))
    finally:
        await database.close()


def key_text(key: bytes | None) -> str | None:
    """A record's key as an operator reads and types it."""
    return None if key is None else key.decode("utf-8", "backslashreplace")


def _filters(choice: Choice) -> tuple[object, ...]:
    key = None if choice.key is None else choice.key.encode()
    return choice.group, choice.topic, choice.reason, key, choice.ids
