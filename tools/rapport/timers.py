"""Timers whose handler refused them: they stand aside until an operator lets them be tried again."""

from collections.abc import Sequence
from typing import Annotated, Any

import asyncpg
import typer

from shared.engine.actions import record_action
from shared.engine.postgres import SQL
from shared.errors import ConfigurationError
from tools.rapport.asking import Folder, Json, Limit, Service, app, check_said, choose_stack, reachable, run
from tools.rapport.show import as_json, as_table
from tools.rapport.stack import Stack

Row = dict[str, Any]


async def list_failed(stack: Stack, limit: int) -> list[Row]:
    """With the reason of each, by name and due time within a service."""
    rows = await stack.from_each(lambda connection: connection.fetch(SQL["list_failed_timers"], limit))
    return [_line(service, row) for service, row in rows][:limit]


async def retry_failed(stack: Stack, name: str | None, reason: str) -> list[Row]:
    """Let failed timers, of one name or all, fire again; one audit line a service that had any."""

    async def retry(connection: asyncpg.Connection) -> Sequence[Any]:
        async with connection.transaction():
            rows = await connection.fetch(SQL["retry_timers"], name)
            if rows:
                await record_action(connection, "retry-timers", {"name": name, "timers": len(rows)}, reason)
            return rows

    return [_line(service, row) for service, row in await stack.from_each(retry)]


def _line(service: str, row: Any) -> Row:
    return {"service": service, **dict(row), "id": str(row["id"])}


@app.command()
@reachable
def timers(
    *,
    stack: Folder = None,
    service: Service = None,
    retry: Annotated[
        str | None, typer.Option(metavar="REASON", help="Let them be tried again, for this reason.")
    ] = None,
    name: Annotated[str | None, typer.Option(help="With --retry, only timers of this name.")] = None,
    limit: Limit = 100,
    json: Json = False,
) -> None:
    """Timers whose handler refused them, and with --retry another try for them."""
    if name is not None and retry is None:
        raise ConfigurationError("--name chooses what --retry lets be tried again: say why with --retry")
    if retry is not None:
        check_said("--retry", retry)
    where = choose_stack(stack, service)
    work = list_failed(where, limit) if retry is None else retry_failed(where, name, retry)
    rows = run(work)
    if json:
        as_json(rows)
        return
    columns = ("service", "name", "id", "partition", "due_at") + (("failed",) if retry is None else ())
    as_table("Failed timers" if retry is None else "Tried again", rows, columns, "No timer has failed.")
