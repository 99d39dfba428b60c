"""How far every group is, which partitions stand still, and what lets them go on."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from shared.engine import redrive
from shared.engine.cluster import Log, read_failures, read_logs
from shared.engine.lag import PartitionLag, list_fences, measure_lag
from shared.engine.ledger import Place
from shared.engine.partitions import PARTITIONS
from shared.errors import ConfigurationError
from tools.rapport.asking import DIGITS, Folder, Json, Service, Why, app, ask_why, choose_stack, reachable, run
from tools.rapport.show import as_json, as_table, say
from tools.rapport.stack import Stack

Row = dict[str, Any]


async def read_lag(stack: Stack) -> list[Row]:
    """Each partition of each group: records between its fence and the end of the log, and why it stands if it does."""
    fences = await stack.from_each(list_fences)
    logs = await read_logs(stack.kafka_options(), {(row["topic"], row["partition"]) for _, row in fences})
    lines = measure_lag([row for _, row in fences], logs)
    unreadable: dict[tuple[str, Place], str] = {}
    for group in sorted({line.group for line in lines}):
        unreadable |= await _find_unreadable(stack, group, lines)
    return [
        {"service": service}
        | asdict(line)
        | {"stopped": line.stopped or unreadable.get((line.group, (line.topic, line.partition)))}
        for (service, _), line in zip(fences, lines, strict=True)
    ]


async def _find_unreadable(stack: Stack, group: str, lines: Sequence[PartitionLag]) -> dict[tuple[str, Place], str]:
    """Where the group is behind because what comes next cannot be read, and why: no fence says so."""
    behind = {
        (line.topic, line.partition): line.fence
        for line in lines
        if line.group == group and line.lag and line.stopped is None
    }
    failures = await read_failures(stack.kafka_options(), behind) if behind else {}
    return {(group, place): str(failure) for place, failure in failures.items()}


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
        rows = await list_fences(connection)
        fences = [row for row in rows if (row["group_id"], row["topic"], row["partition"]) == (group, *place)]
        beginning = _restart(fences[0], logs[place]) if fences else None
        return await redrive.accept_loss(connection, group, place, beginning, reason)


async def skip_unreadable(stack: Stack, group: str, place: Place, offsets: tuple[int, int], reason: str) -> None:
    """Pass over a batch that cannot be read, if it is exactly that; raises ConfigurationError where it is not."""
    service = group.partition(".")[0]
    failure = (await read_failures(stack.kafka_options(), {place: offsets[0]})).get(place)
    if failure is None:
        raise ConfigurationError(f"offset {offsets[0]} of {place[0]}/{place[1]} can be read: nothing is to be skipped")
    if (failure.first, failure.last) != offsets:
        raise ConfigurationError(f"of {place[0]}/{place[1]} {failure}: name exactly {failure.first}-{failure.last}")
    async with stack.only(service).connect(service) as connection:
        await redrive.skip(connection, group, place, *offsets, reason)


def _restart(fence: Any, log: Log) -> int | None:
    """Where to begin again, if the fence means nothing for this log any more."""
    another = (fence["stopped"] or "").startswith("recreated")
    outside = not log.beginning <= fence["next_offset"] <= log.end
    return log.beginning if another or outside else None


@app.command()
@reachable
def lag(
    *,
    stack: Folder = None,
    service: Service = None,
    partitions: Annotated[bool, typer.Option("--partitions", help="A line per partition.")] = False,
    json: Json = False,
) -> None:
    """How far each group is behind the end of each topic, and which partitions stand still, with the reason."""
    lines = run(read_lag(choose_stack(stack, service)))
    if json:
        as_json(lines)
        return
    columns = ("group", "topic", "lag", "parked", "stopped", "watermark")
    rows = lines if partitions else by_topic(lines)
    as_table("Lag", rows, (*columns[:2], "partition", *columns[2:]) if partitions else columns, "No group has begun.")
    for line in lines:
        if line["stopped"] is not None:
            say(f"{line['group']} {line['topic']}/{line['partition']}: {line['stopped']}")


@app.command("accept-loss")
@reachable
def accept_loss(
    *,
    group: Annotated[str, typer.Argument(help="The group that stands still, as `rapport lag` shows it.")],
    place: Annotated[str, typer.Argument(metavar="TOPIC/PARTITION")],
    reason: Why = None,
    stack: Folder = None,
    json: Json = False,
) -> None:
    """Let a stopped partition go on although Kafka lost records of it; nothing brings them back."""
    topic, partition = _split_place(place)
    where = _stack_of(group, stack)
    offset = run(accept(where, group, (topic, partition), ask_why(reason)))
    if json:
        as_json({"group": group, "topic": topic, "partition": partition, "goes_on_at": offset})
    else:
        say(f"{group} goes on at offset {offset} of {topic}/{partition}.")


@app.command()
@reachable
def skip(
    *,
    group: Annotated[str, typer.Argument(help="The group that stands still, as `/readyz` and its log show it.")],
    place: Annotated[str, typer.Argument(metavar="TOPIC/PARTITION")],
    offsets: Annotated[str, typer.Argument(metavar="FIRST-LAST", help="Exactly those that cannot be read.")],
    reason: Why = None,
    stack: Folder = None,
    json: Json = False,
) -> None:
    """Pass over a batch that cannot be read, such as one that unpacks to more than memory bears: the group loses it.

    Refused where anything of it can be read, or where more than it would be skipped.
    """
    topic, partition = _split_place(place)
    first, last = _split_offsets(offsets)
    where = _stack_of(group, stack)
    run(skip_unreadable(where, group, (topic, partition), (first, last), ask_why(reason)))
    if json:
        as_json({"group": group, "topic": topic, "partition": partition, "first": first, "last": last})
    else:
        say(f"{group} goes on behind offset {last} of {topic}/{partition}.")


def _split_place(place: str) -> tuple[str, int]:
    topic, _, partition = place.rpartition("/")
    if not topic or not partition.isdecimal():
        raise ConfigurationError(f"{place} is no partition: write it as crm.sales/3")
    if len(partition) > DIGITS or int(partition) >= PARTITIONS:
        raise ConfigurationError(f"{place} does not exist: topics have the partitions 0 to {PARTITIONS - 1}")
    return topic, int(partition)


def _split_offsets(offsets: str) -> tuple[int, int]:
    first, _, last = offsets.partition("-")
    if not (first.isdecimal() and last.isdecimal() and len(first) <= DIGITS and len(last) <= DIGITS):
        raise ConfigurationError(f"{offsets} are no offsets: write them as 120-131")
    if int(first) > int(last):
        raise ConfigurationError(f"{offsets} ends before it begins")
    return int(first), int(last)


def _stack_of(group: str, folder: Path | None) -> Stack:
    """With the group's service alone. Raises ConfigurationError where it, or the brokers, are not known."""
    stack = choose_stack(folder, group.partition(".")[0])
    stack.kafka_options()
    return stack
