"""Records that nobody could read, with their bytes."""

from operator import itemgetter
from pathlib import Path
from typing import Annotated, Any

import typer

from shared.engine.postgres import SQL as ENGINE
from shared.errors import ConfigurationError, NotFound
from tools.rapport.asking import (
    Folder,
    Json,
    Limit,
    Reason,
    Service,
    Topic,
    app,
    choose_stack,
    reachable,
    run,
    split_id,
)
from tools.rapport.parked import SQL
from tools.rapport.show import as_json, as_table, say
from tools.rapport.stack import Stack

Row = dict[str, Any]


async def list_quarantine(stack: Stack, topic: str | None, reason: str | None, limit: int) -> list[Row]:
    """Newest first, without keys and values: nobody knows what they hold."""
    found = []
    for service in stack.dsns:
        async with stack.connect(service) as connection:
            rows = await connection.fetch(SQL["list_quarantine"], topic, reason, limit)
            found += [{**dict(row), "id": f"{service}:{row['id']}"} for row in rows]
    return sorted(found, key=itemgetter("quarantined_at"), reverse=True)[:limit]


async def read_quarantined(stack: Stack, service: str, quarantine_id: int) -> tuple[Row, bytes]:
    """What is known of a record, and its value as it came, byte for byte. Raises NotFound."""
    async with stack.connect(service) as connection:
        row = await connection.fetchrow(ENGINE["read_quarantine"], quarantine_id)
    if row is None:
        raise NotFound(f"nothing is in quarantine under {service}:{quarantine_id}; `rapport quarantine` lists what is")
    value = row["value"] or b""
    place = {"topic": row["topic"], "partition": row["partition"], "record_offset": row["record_offset"]}
    return {"id": f"{service}:{quarantine_id}", **place, "reason": row["reason"], "bytes": len(value)}, value


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
    rows = run(list_quarantine(choose_stack(stack, service), topic, reason, limit))
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
    out: Annotated[Path, typer.Option(help="The file that gets the record's value, byte for byte.")],
    stack: Folder = None,
    service: Service = None,
    json: Json = False,
) -> None:
    """Save the bytes of one record, to look at them or to send them again repaired."""
    where = choose_stack(stack, service)
    found, value = run(read_quarantined(where, *split_id(record, where)))
    try:
        out.write_bytes(value)
    except OSError as error:
        raise ConfigurationError(f"{out} cannot be written: {error.strerror}; name another file with --out") from None
    if json:
        as_json({**found, "file": str(out)})
    else:
        say(f"{len(value)} bytes of {found['topic']} ({found['reason']}) are in {out}")
