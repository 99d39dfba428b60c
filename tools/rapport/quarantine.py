"""Records that nobody could read, with their bytes."""

from dataclasses import asdict
from operator import itemgetter
from pathlib import Path
from typing import Annotated, Any

import typer

from shared.engine.keys import escape_key
from shared.engine.operations import Repair, list_quarantine
from shared.errors import ConfigurationError
from tools.rapport.asking import (
    Folder,
    Json,
    Limit,
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
from tools.rapport.redrive import operations, read_bytes, show_outcome
from tools.rapport.show import as_json, as_table, say
from tools.rapport.stack import Stack

Row = dict[str, Any]


async def list_of_all(stack: Stack, topic: str | None, reason: str | None, limit: int) -> list[Row]:
    """The newest over every service, without keys and values: nobody knows what they hold."""
    lines = await stack.from_each(lambda connection: list_quarantine(connection, topic, reason, limit))
    rows = [{**asdict(line), "id": f"{service}:{line.id}"} for service, line in lines]
    return sorted(rows, key=itemgetter("quarantined_at"), reverse=True)[:limit]


async def read_quarantined(stack: Stack, service: str, quarantine_id: int) -> tuple[Row, bytes]:
    """What is known of a record with its key and headers as text, and its value as it came. Raises NotFound."""
    async with operations(stack, service) as acts:
        found = await acts.read_quarantined(quarantine_id)
    record = found.record
    value = record.value or b""
    known = {
        "id": f"{service}:{quarantine_id}",
        "group": found.group,
        "topic": record.topic,
        "partition": record.partition,
        "record_offset": record.offset,
        "reason": found.reason,
        "key": None if record.key is None else escape_key(record.key),
        "headers": [[name, None if each is None else escape_key(each)] for name, each in record.headers],
        "timestamp": record.timestamp,
        "bytes": len(value),
    }
    return known, value


async def redrive_quarantined(stack: Stack, service: str, ids: list[int], repair: Repair) -> list[Row]:
    """Apply records after their repair, each by itself, or give them up. Raises NotFound."""
    async with operations(stack, service) as acts:
        return [
            {"service": service, **asdict(await acts.redrive_quarantined(quarantine_id, repair))}
            for quarantine_id in ids
        ]


quarantine_app = typer.Typer(help="Records that nobody could read.", rich_markup_mode=None)
app.add_typer(quarantine_app, name="quarantine")


@quarantine_app.callback(invoke_without_command=True)
@reachable
def quarantine(
    context: typer.Context,
    *,
    stack: Folder = None,
    service: Service = None,
    topic: Topic = None,
    reason: Reason = None,
    limit: Limit = 100,
    json: Json = False,
) -> None:
    """List what could not be read, newest first; it is kept for 30 days."""
    if context.invoked_subcommand is not None:
        return
    rows = run(list_of_all(choose_stack(stack, service), topic, reason, limit))
    if json:
        as_json(rows)
        return
    columns = ("id", "group_id", "topic", "partition", "record_offset", "reason", "bytes", "quarantined_at")
    as_table("Quarantine", rows, columns, "Nothing is in quarantine.")


@quarantine_app.command("show")
@reachable
def show_quarantined(
    *,
    record: Annotated[str, typer.Argument(metavar="ID", help="As `rapport quarantine` shows it, such as contacts:7.")],
    out: Annotated[Path | None, typer.Option(help="A file that gets the record's value, byte for byte.")] = None,
    stack: Folder = None,
    service: Service = None,
    json: Json = False,
) -> None:
    """Show the key and the headers of one record, and save its bytes to look at them or to repair them."""
    where = choose_stack(stack, service)
    found, value = run(read_quarantined(where, *split_id(record, where)))
    if out is not None:
        _save(out, value)
    if json:
        as_json({**found, "file": str(out) if out else None})
        return
    as_table(f"{found['id']}: {found['reason']}", _lines(found), ("of", "holds"), "")
    say(f"\n{len(value)} bytes" + (f" are in {out}" if out else "; --out FILE saves them"))


def _save(out: Path, value: bytes) -> None:
    try:
        out.write_bytes(value)
    except OSError as error:
        raise ConfigurationError(f"{out} cannot be written: {error.strerror}; name another file with --out") from None


def _lines(found: Row) -> list[Row]:
    place = f"{found['topic']}/{found['partition']} at {found['record_offset']}"
    headers = [{"of": escape_key(name.encode("utf-8", "replace")), "holds": held} for name, held in found["headers"]]
    return [{"of": "place", "holds": place}, {"of": "key", "holds": found["key"]}, *headers]


@quarantine_app.command("redrive")
@reachable
def redrive_again(
    *,
    ids: Annotated[list[str], typer.Argument(help="As `rapport quarantine` shows them, such as contacts:7.")],
    stack: Folder = None,
    service: Service = None,
    value: Annotated[
        Path | None, typer.Option("--with", help="Replace the value by this file's; the old is kept.")
    ] = None,
    header: Annotated[
        list[str] | None, typer.Option(metavar="NAME=VALUE", help="Replace a header; the old ones are kept.")
    ] = None,
    drop: Annotated[str | None, typer.Option(metavar="REASON", help="Give the records up, for this reason.")] = None,
    json: Json = False,
) -> None:
    """Apply records as if they came now: as they are, or repaired. Exit status 1 if one still cannot be applied."""
    where = choose_stack(stack, service)
    repair = Repair(read_bytes(value), _headers(header or []), drop)
    if drop is not None and (value is not None or header):
        raise ConfigurationError("--drop excludes --with and --header")
    if drop is not None:
        check_said("--drop", drop)
    named = [split_id(text, where) for text in ids]
    if len({each for each, _ in named}) > 1:
        raise ConfigurationError("name ids of one service at a time")
    if len(named) > 1 and (value is not None or header):
        raise ConfigurationError("--with and --header repair one record at a time")
    numbers = [number for _, number in named]
    show_outcome(run(redrive_quarantined(where, named[0][0], numbers, repair)), json=json)


def _headers(pairs: list[str]) -> dict[str, bytes]:
    for pair in pairs:
        if not pair.partition("=")[0] or "=" not in pair:
            raise ConfigurationError(f"{pair} is no header: write it as ce_id=8271")
    return {name: value.encode() for name, _, value in (pair.partition("=") for pair in pairs)}
