"""Parked records: what waits, and how it gets on."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shared.engine.postgres import SQL as ENGINE
from shared.sql import load_queries
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
            rows = await connection.fetch(SQL["list_parked"], *filters_of(choice), limit)
            found += [{**dict(row), "id": f"{service}:{row['id']}", "key": key_text(row["key"])} for row in rows]
    return found[:limit]


async def count_parked(stack: Stack) -> list[Row]:
    """Records and keys per group, topic and reason."""
    found = []
    for service in stack.dsns:
        async with stack.connect(service) as connection:
            found += [{"service": service, **dict(row)} for row in await connection.fetch(ENGINE["count_parked"])]
    return found


def key_text(key: bytes | None) -> str | None:
    """A record's key as an operator reads and types it."""
    return None if key is None else key.decode("utf-8", "backslashreplace")


def filters_of(choice: Choice) -> tuple[object, ...]:
    key = None if choice.key is None else choice.key.encode()
    return choice.group, choice.topic, choice.reason, key, choice.ids


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
    """Records that wait for an operator, with the later ones of their keys behind them."""
    where = choose_stack(stack, service)
    rows = run(list_parked(where, Choice(group, topic, reason, key), limit))
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
