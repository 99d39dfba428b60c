"""How far every group is, which partitions stand still, and what lets them go on."""

import json
from collections.abc import Sequence
from typing import Any

from shared.engine.cluster import Log, read_logs
from shared.engine.ledger import Place
from shared.engine.postgres import SQL as ENGINE
from shared.engine.recovery import ahead_of, last_sequences
from shared.engine.redrive import accept_loss, recover
from shared.errors import ConfigurationError
from tools.rapport.parked import SQL
from tools.rapport.stack import Stack

Row = dict[str, Any]


async def read_lag(stack: Stack) -> list[Row]:
    """Each partition of each group: records between its fence and the end of the log, and why it stands if it does."""
    fences: list[Row] = []
    for service in stack.dsns:
        async with stack.connect(service) as connection:
            fences += [{"service": service, **dict(row)} for row in await connection.fetch(SQL["list_fences"])]
    logs = await read_logs(stack.kafka_options(), {_place(fence) for fence in fences})
    return [_line(fence, logs.get(_place(fence))) for fence in fences]


def by_topic(lines: Sequence[Row]) -> list[Row]:
    """The same summed up per group and topic; the watermark is the lowest."""
    summed: dict[tuple[str, str], Row] = {}
    for line in lines:
        row = summed.setdefault(
            (line["group"], line["topic"]),
            {"group": line["group"], "topic": line["topic"], "lag": 0, "parked": 0, "stopped": 0, "watermark": None},
        )
        row["lag"] += line["lag"] or 0
        row["parked"] += line["parked"]
        row["stopped"] += line["stopped"] is not None
        marks = [mark for mark in (row["watermark"], line["watermark"]) if mark is not None]
        row["watermark"] = min(marks, default=None)
    return list(summed.values())


async def accept(stack: Stack, group: str, place: Place, reason: str) -> int:
    """Let a stopped partition go on, and return the offset at which it does.

    Where the log no longer reaches back to the fence, or is another log, it goes on at the log's beginning.
    """
    service = group.partition(".")[0]
    logs = await read_logs(stack.kafka_options(), [place])
    if place not in logs:
        raise ConfigurationError(f"{place[0]}/{place[1]} does not exist: `rapport topics` says what is missing")
    async with stack.only(service).connect(service) as connection:
        rows = await connection.fetch(SQL["list_fences"])
        fences = [row for row in rows if (row["group_id"], row["topic"], row["partition"]) == (group, *place)]
        beginning = _restart(fences[0], logs[place]) if fences else None
        return await accept_loss(connection, group, place, beginning, reason)


async def recover_service(stack: Stack, service: str, reason: str) -> list[Row]:
    """After a restore: number the service's next events on after what its topics hold. Says where they were ahead."""
    published = await last_sequences(f"/{service}", stack.kafka_options())
    async with stack.only(service).connect(service) as connection:
        rows = await connection.fetch(ENGINE["remembered_sequences"])
        remembered = {(row["topic"], row["partition"]): row["sequence"] for row in rows}
        ahead = ahead_of(published, remembered)
        await recover(connection, published, reason)
    return [
        {"topic": each.place[0], "partition": each.place[1], "published": each.published, "remembered": each.remembered}
        for each in ahead
    ]


async def list_actions(stack: Stack, limit: int) -> list[Row]:
    """What operators did, newest first within a service."""
    found = []
    for service in stack.dsns:
        async with stack.connect(service) as connection:
            rows = await connection.fetch(ENGINE["list_actions"], limit)
            found += [{"service": service, **dict(row), "subject": json.loads(row["subject"])} for row in rows]
    return found[:limit]


def _restart(fence: Any, log: Log) -> int | None:
    """Where to begin again, if the fence means nothing for this log any more."""
    another = (fence["stopped"] or "").startswith("recreated")
    outside = not log.beginning <= fence["next_offset"] <= log.end
    return log.beginning if another or outside else None


def _place(fence: Row) -> Place:
    return fence["topic"], fence["partition"]


def _line(fence: Row, log: Log | None) -> Row:
    end = log.end if log else None
    return {
        "service": fence["service"],
        "group": fence["group_id"],
        "topic": fence["topic"],
        "partition": fence["partition"],
        "fence": fence["next_offset"],
        "end": end,
        "lag": None if end is None else max(end - max(fence["next_offset"], log.beginning if log else 0), 0),
        "parked": fence["parked"],
        "watermark": fence["watermark"],
        "stopped": fence["stopped"],
    }
