"""A projection built again beside the live one."""

import functools
from collections.abc import Callable
from dataclasses import asdict
from typing import Annotated, Any

import asyncpg
import typer

from shared.engine import rebuild as engine
from shared.engine.actions import record_action
from shared.errors import ConfigurationError
from shared.run.discovery import context_of, subscriptions_of
from tools.rapport.asking import Folder, Json, app, reachable, run
from tools.rapport.show import as_json, as_table
from tools.rapport.stack import Stack, find_stack

Row = dict[str, Any]


async def rebuild_group(
    stack: Stack, group: str, say: Callable[[str], None], *, switch: bool, stream: bool
) -> list[Row]:
    """Each table with its rows, live and rebuilt, and whether they are the same; a switch leaves an audit line.

    Raises ConfigurationError for a group that is no projection, and where the owner's role is not known.
    """
    service = group.partition(".")[0]
    stack = stack.only(service)
    found = [each for each in subscriptions_of(service) if each.group == group]
    if not found:
        known = ", ".join(each.group for each in subscriptions_of(service) if each.kind == "projection")
        raise ConfigurationError(f"{service} has no group {group}; its projections are: {known or 'none'}")
    owner = stack.owner_dsn(service)
    with stack.reaching(service):
        await (await asyncpg.connect(owner, timeout=5)).close()
    compared = await engine.rebuild(
        owner,
        stack.kafka_options(),
        found[0],
        switch=switch,
        stream=stream,
        context=context_of(service),
        say=say,
    )
    if switch:
        async with stack.connect(service) as connection:
            subject = {"group": group, "tables": len(compared)}
            equal = all(each.equal for each in compared)
            reason = "equal rows" if equal else "rows differed"
            await record_action(connection, "rebuild", subject, reason)
    return [asdict(each) for each in compared]


@app.command()
@reachable
def rebuild(
    *,
    group: Annotated[str, typer.Argument(help="A projection, such as contacts.timeline.")],
    switch: Annotated[bool, typer.Option("--switch", help="Put what was built in the place of the live one.")] = False,
    stream: Annotated[bool, typer.Option("--stream", help="The system runs on the stream's clock.")] = False,
    stack: Folder = None,
    json: Json = False,
) -> None:
    """Build a projection again from the topics beside the live one, and compare every row.

    The live one goes on meanwhile and waits only at the end. Exit status 1 if rows differ.
    """
    tell = functools.partial(typer.echo, err=True)
    rows = run(rebuild_group(find_stack(stack), group, tell, switch=switch, stream=stream))
    if json:
        as_json(rows)
    else:
        as_table("Rebuilt", rows, ("table", "live", "rebuilt", "equal"), "The projection has no tables.")
    if not all(row["equal"] for row in rows):
        raise typer.Exit(1)
