"""Parked records get on: as they are, with another value, or given up."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import SecretStr

from shared import clock
from shared.engine import redrive as engine_redrive
from shared.engine.database import Database
from shared.engine.postgres import PostgresLedger
from shared.engine.subscription import Subscription
from shared.errors import ConfigurationError, NotFound
from shared.run.discovery import context_of, subscriptions_of
from shared.settings import DatabaseSettings
from tools.rapport.asking import (
    Folder,
    Group,
    Json,
    Key,
    Reason,
    Service,
    Topic,
    app,
    choose_stack,
    reachable,
    run,
    split_id,
)
from tools.rapport.parked import SQL, Choice, Row, filters_of, key_text
from tools.rapport.show import as_json, as_table
from tools.rapport.stack import Stack


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
        chosen = [row["id"] for row in await connection.fetch(SQL["list_parked"], *filters_of(choice), None)]
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
            parked = await engine_redrive.find_parked(tx, parked_id)
            group = await tx.fetchval(SQL["group_of_parked"], parked_id)
        subscription = self._subscription(group)
        if value is not None:
            await engine_redrive.replace_value(subscription, self.ledger(subscription), parked, value)
        elif given_up is not None:
            await engine_redrive.drop(subscription, self.ledger(subscription), parked, given_up)

    async def _free_key(self, key: Any) -> Row:
        subscription = self._subscription(key["group_id"])
        line = {"service": self.service, "group": key["group_id"], "topic": key["topic"], "key": key_text(key["key"])}
        ledger = self.ledger(subscription)
        async with ledger.transaction(subscription) as tx:
            waiting = await tx.take_parked(key["topic"], key["key"], 1) if key["holds"] else []
            if not key["holds"]:
                rows = await tx.fetch(SQL["list_parked"], None, None, None, None, [key["id"]], 1)
                waiting = [await engine_redrive.find_parked(tx, key["id"])] if rows else []
        if not waiting:
            return {**line, "applied": 0, "held_by": None, "detail": ""}
        done = await engine_redrive.redrive(subscription, ledger, waiting[0])
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
    settings = DatabaseSettings(dsn=SecretStr(stack.signed_dsn(service)), pool_min=1, pool_max=3)
    database = Database(settings, service)
    await database.open(subscriptions)
    try:
        yield _Engine(service, database, {each.group: each for each in subscriptions}, context_of(service))
    finally:
        await database.close()


@app.command()
@reachable
def redrive(
    *,
    ids: Annotated[list[str] | None, typer.Argument(help="As `rapport parked` shows them, such as contacts:7.")] = None,
    stack: Folder = None,
    service: Service = None,
    group: Group = None,
    topic: Topic = None,
    reason: Reason = None,
    key: Key = None,
    every: Annotated[bool, typer.Option("--all", help="Every key that has parked records.")] = False,
    value: Annotated[
        Path | None, typer.Option("--with", help="Replace the value by this file's; the old is kept.")
    ] = None,
    drop: Annotated[str | None, typer.Option(metavar="REASON", help="Give the record up, for this reason.")] = None,
    json: Json = False,
) -> None:
    """Apply parked records in order: as they are, with another value, or without those that are given up.

    Chosen by id, key, reason, group or topic; a chosen record frees its whole key. Exit status 1 if one is still held.
    """
    where = choose_stack(stack, service)
    if value is not None and drop is not None:
        raise ConfigurationError("--with and --drop exclude each other")
    named = [split_id(text, where) for text in ids or ()]
    if len({each for each, _ in named}) > 1:
        raise ConfigurationError("name ids of one service at a time")
    if named:
        where = where.only(named[0][0])
    choice = Choice(group, topic, reason, key, [number for _, number in named] or None)
    if not (choice.narrow or every):
        raise ConfigurationError("say what to redrive: ids, --key, --reason, --group, --topic or --all")
    outcome = run(redrive_parked(where, choice, _bytes(value), drop))
    if json:
        as_json(outcome)
    else:
        as_table("Redriven", outcome, ("group", "topic", "key", "applied", "held_by", "detail"), "")
    if any(line["held_by"] for line in outcome):
        raise typer.Exit(1)


def _bytes(file: Path | None) -> bytes | None:
    if file is None:
        return None
    try:
        return file.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"{file} cannot be read: {error.strerror}") from None
