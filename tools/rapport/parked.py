"""Parked records: what waits, and how it gets on."""

from dataclasses import asdict
from operator import itemgetter
from typing import Any

from shared.engine.operations import Choice, list_parked
from shared.engine.postgres import SQL
from tools.rapport.asking import (
    Folder,
    Group,
    Json,
    Key,
    Limit,
    Reason,
    Service,
    Topic,
    app,
    choose_stack,
    reachable,
    run,
)
from tools.rapport.show import as_json, as_table
from tools.rapport.stack import Stack

Row = dict[str, Any]


async def list_of_all(stack: Stack, choice: Choice, limit: int) -> list[Row]:
    """The newest parked records over every service of the stack, each with the id that other commands take."""
    lines = await stack.from_each(lambda connection: list_parked(connection, choice, limit))
    rows = [{**asdict(line), "id": f"{service}:{line.id}"} for service, line in lines]
    return sorted(rows, key=itemgetter("parked_at"), reverse=True)[:limit]


async def count_parked(stack: Stack) -> list[Row]:
    """Records and keys per group, topic and reason."""
    counts = await stack.from_each(lambda connection: connection.fetch(SQL["count_parked"]))
    return [{"service": service, **dict(row)} for service, row in counts]


@app.command()
@reachable
def parked(
    *,
    stack: Folder = None,
    service: Service = None,
    group: Group = None,
    topic: Topic = None,
    reason: Reason = None,
    key: Key = None,
    limit: Limit = 100,
    json: Json = False,
) -> None:
    r"""Records that wait for an operator, newest first, with the later ones of their keys behind them.

    What is no text in a key is written out, as in \xff\x01, and can be given to --key so.
    """
    where = choose_stack(stack, service)
    rows = run(list_of_all(where, Choice(group, topic, reason, key), limit))
    counts = run(count_parked(where))
    if json:
        as_json({"counts": counts, "parked": rows})
        return
    as_table(
        "Parked records",
        rows,
        ("id", "group_id", "topic", "key", "reason", "detail", "parked_at"),
        "Nothing is parked.",
    )
    if counts:
        as_table("\nCounts", counts, ("group_id", "topic", "reason", "records", "keys"), "")
