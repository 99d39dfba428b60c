"""Parked records get on: as they are, with another value, or given up."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import asyncpg
import typer
from pydantic import SecretStr

from shared import clock
from shared.engine.changes import Told
from shared.engine.database import Database
from shared.engine.operations import Choice, Operations, Repair
from shared.engine.postgres import SQL, PostgresLedger
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
    check_said,
    choose_stack,
    reachable,
    run,
    split_id,
)
from tools.rapport.show import as_json, as_table
from tools.rapport.stack import Stack

Row = dict[str, Any]


async def redrive_parked(stack: Stack, choice: Choice, repair: Repair) -> list[Row]:
    """Free keys: apply their parked records in order, after replacing the value of the one chosen or giving up those
    chosen. One line a key, with why it is still held if it is. Raises NotFound where nothing is chosen.
    """
    changed = 0
    if repair.value is not None:
        for service in stack.dsns:
            async with operations(stack, service) as acts:
                changed += await acts.count_changed(choice)
        if changed > 1:
            raise ConfigurationError(
                "--with replaces the value of one record: name its id, or a key that one group holds"
            )
    outcome: list[Row] = []
    for service in stack.dsns:
        async with operations(stack, service) as acts:
            outcome += [{"service": service, **asdict(freed)} for freed in await acts.redrive_parked(choice, repair)]
    if not outcome:
        raise NotFound("nothing is parked that fits; `rapport parked` lists what is")
    return outcome


@asynccontextmanager
async def operations(stack: Stack, service: str) -> AsyncIterator[Operations]:
    """What an operator may do about a service's records, with its handlers."""
    subscriptions = subscriptions_of(service)
    settings = DatabaseSettings(dsn=SecretStr(stack.signed_dsn(service)), pool_min=1, pool_max=3)
    database = Database(settings, service)
    context, told = context_of(service), Told(subscriptions)

    async def wake_relay() -> None:
        await database.main.execute(SQL["wake_relay"])

    with stack.reaching(service):
        await database.open(subscriptions)

    def ledger_of(pool: asyncpg.Pool) -> PostgresLedger:
        known, recovered = database.remembered, database.recovered
        return PostgresLedger(pool, clock.now, wake_relay, context, known, recovered=recovered, told=told)

    try:
        yield Operations(database, subscriptions, ledger_of)
    finally:
        await database.close()


def show_outcome(outcome: list[Row], *, json: bool) -> None:
    """Exit status 1 where something is still held."""
    if json:
        as_json(outcome)
    else:
        as_table("Redriven", outcome, ("group", "topic", "key", "applied", "held_by", "detail"), "")
    if any(line["held_by"] for line in outcome):
        raise typer.Exit(1)


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
    if drop is not None:
        check_said("--drop", drop)
    named = [split_id(text, where) for text in ids or ()]
    if len({each for each, _ in named}) > 1:
        raise ConfigurationError("name ids of one service at a time")
    if named:
        where = where.only(named[0][0])
    choice = Choice(group, topic, reason, key, [number for _, number in named] or None)
    if not (choice.narrow or every):
        raise ConfigurationError("say what to redrive: ids, --key, --reason, --group, --topic or --all")
    show_outcome(run(redrive_parked(where, choice, Repair(read_bytes(value), given_up=drop))), json=json)


def read_bytes(file: Path | None) -> bytes | None:
    """What a file holds; raises ConfigurationError where it cannot be read."""
    if file is None:
        return None
    try:
        return file.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"{file} cannot be read: {error.strerror}") from None
