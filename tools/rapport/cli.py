"""The commands of `rapport`."""

import asyncio
import functools
import logging
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Annotated, Any, NoReturn, TypeVar

import structlog
import typer

from shared.engine.supervisor import may_pass
from shared.errors import ConfigurationError, CrmError
from tools.rapport import (
    parked as parking,
    progress,
    quarantine as quarantined,
    rebuilding,
    timers as timing,
    topics as provisioning,
)
from tools.rapport.show import as_json, as_table, say
from tools.rapport.stack import Stack, find_stack

T = TypeVar("T")

app = typer.Typer(
    name="rapport",
    help="What operators of Rapport need: what stands still and why, and how it gets on.\n\n"
    "Without --stack it looks at RAPPORT_OPERATOR__<SERVICE> and RAPPORT_KAFKA__BROKERS, inside a service's container "
    "at RAPPORT_DATABASE__DSN, and else at .run, the folder of `make run`.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
quarantine_app = typer.Typer(help="Records that nobody could read.", rich_markup_mode=None)
app.add_typer(quarantine_app, name="quarantine")


@app.callback()
def quietly() -> None:
    """Handlers log each batch; here that would stand between the answers."""
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


Folder = Annotated[
    Path | None, typer.Option("--stack", help="The folder of a stack of `make run`, or its addresses.json.")
]
Service = Annotated[str | None, typer.Option(help="Only this service.")]
Json = Annotated[bool, typer.Option("--json", help="Answer as one JSON document.")]
Limit = Annotated[int, typer.Option(min=1, help="At most so many lines.")]
Topic = Annotated[str | None, typer.Option(help="Only this topic.")]
Group = Annotated[str | None, typer.Option(help="Only this consumer group, such as marketing.follow-ups.")]
Reason = Annotated[str | None, typer.Option(help="Only records with this reason, such as schema.")]
Key = Annotated[str | None, typer.Option(help="Only records with this key.")]
Why = Annotated[str, typer.Option("--reason", help="Goes into the audit line.", prompt="Why")]


def run(work: Coroutine[Any, Any, T]) -> T:
    """Do it; an error that an operator can act on is one line and exit status 2."""
    try:
        return asyncio.run(work)
    except CrmError as error:
        _fail(str(error))
    except Exception as error:
        if not _may_pass(error):
            raise
        _fail(f"Kafka or a database stopped answering ({type(error).__name__}): see that they are up, and try again")


def _may_pass(error: Exception) -> bool:
    """Whether it is about the state of a server, not about a statement: of the latter the trace is wanted."""
    state = getattr(error, "sqlstate", None)
    return may_pass(error) and (state is None or state[:2] in {"08", "40", "53", "55", "57"})


def _fail(line: str) -> NoReturn:
    sys.stderr.write(f"rapport: {line}\n")
    raise typer.Exit(2)


def reachable(command: Callable[..., None]) -> Callable[..., None]:
    """An error while finding the stack or reading an argument is told like any other."""

    @functools.wraps(command)
    def guarded(*args: Any, **kwargs: Any) -> None:
        try:
            command(*args, **kwargs)
        except CrmError as error:
            _fail(str(error))

    return guarded


def _stack(folder: Path | None, service: str | None) -> Stack:
    return find_stack(folder).only(service)


def _split(text: str, stack: Stack) -> tuple[str, int]:
    """`contacts:7`, or `7` where there is one service only."""
    service, _, number = text.rpartition(":")
    if not service and len(stack.dsns) == 1:
        service = next(iter(stack.dsns))
    if service not in stack.dsns or not number.isdecimal():
        raise ConfigurationError(f"{text} is no id: take one as `rapport parked` shows it, such as contacts:7")
    return service, int(number)


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
    where = _stack(stack, service)
    rows = run(parking.list_parked(where, parking.Choice(group, topic, reason, key), limit))
    counts = run(parking.count_parked(where))
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
    where = _stack(stack, service)
    if value is not None and drop is not None:
        raise ConfigurationError("--with and --drop exclude each other")
    named = [_split(text, where) for text in ids or ()]
    if len({each for each, _ in named}) > 1:
        raise ConfigurationError("name ids of one service at a time")
    if named:
        where = where.only(named[0][0])
    choice = parking.Choice(group, topic, reason, key, [number for _, number in named] or None)
    if not (choice.narrow or every):
        raise ConfigurationError("say what to redrive: ids, --key, --reason, --group, --topic or --all")
    outcome = run(parking.redrive_parked(where, choice, _bytes(value), drop))
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
    rows = run(quarantined.list_quarantine(_stack(stack, service), topic, reason, limit))
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
    where = _stack(stack, service)
    found, value = run(quarantined.read_quarantined(where, *_split(record, where)))
    try:
        out.write_bytes(value)
    except OSError as error:
        raise ConfigurationError(f"{out} cannot be written: {error.strerror}; name another file with --out") from None
    if json:
        as_json({**found, "file": str(out)})
    else:
        say(f"{len(value)} bytes of {found['topic']} ({found['reason']}) are in {out}")


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
    lines = run(progress.read_lag(_stack(stack, service)))
    if json:
        as_json(lines)
        return
    columns = ("group", "topic", "lag", "parked", "stopped", "watermark")
    rows = lines if partitions else progress.by_topic(lines)
    as_table("Lag", rows, (*columns[:2], "partition", *columns[2:]) if partitions else columns, "No group has begun.")
    for line in lines:
        if line["stopped"] is not None:
            say(f"{line['group']} {line['topic']}/{line['partition']}: {line['stopped']}")


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
    where = _stack(stack, service)
    work = timing.list_failed(where, limit) if retry is None else timing.retry_failed(where, name, retry)
    rows = run(work)
    if json:
        as_json(rows)
        return
    columns = ("service", "name", "id", "partition", "due_at") + (("failed",) if retry is None else ())
    as_table("Failed timers" if retry is None else "Tried again", rows, columns, "No timer has failed.")


@app.command()
@reachable
def topics(
    *,
    stack: Folder = None,
    overlay: Annotated[str, typer.Option(help="Of topics.yaml: local or production.")] = "local",
    json: Json = False,
) -> None:
    """Topics on the cluster against deploy/kafka/topics.yaml. Exit status 1 if one differs."""
    rows = run(provisioning.compare_topics(find_stack(stack), overlay))
    if json:
        as_json(rows)
    else:
        as_table("Topics", rows, ("topic", "partitions", "differs"), "")
    if any(row["differs"] for row in rows):
        if not json:
            say("\n`python -m deploy.kafka.provision --brokers HOST:PORT` corrects what can be corrected.")
        raise typer.Exit(1)


@app.command("accept-loss")
@reachable
def accept_loss(
    *,
    group: Annotated[str, typer.Argument(help="The group that stands still, as `rapport lag` shows it.")],
    place: Annotated[str, typer.Argument(metavar="TOPIC/PARTITION")],
    reason: Why,
    stack: Folder = None,
    json: Json = False,
) -> None:
    """Let a stopped partition go on although Kafka lost records of it; nothing brings them back."""
    topic, _, partition = place.rpartition("/")
    if not partition.isdecimal():
        raise ConfigurationError(f"{place} is no partition: write it as crm.sales/3")
    offset = run(progress.accept(find_stack(stack), group, (topic, int(partition)), reason))
    if json:
        as_json({"group": group, "topic": topic, "partition": int(partition), "goes_on_at": offset})
    else:
        say(f"{group} goes on at offset {offset} of {topic}/{partition}.")


@app.command()
@reachable
def recover(
    *,
    service: Annotated[str, typer.Argument(help="The service whose database was restored from a backup.")],
    reason: Why,
    stack: Folder = None,
    json: Json = False,
) -> None:
    """After a restore: number new events on after those that the topics hold. The service then starts by itself."""
    ahead = run(progress.recover_service(find_stack(stack), service, reason))
    if json:
        as_json(ahead)
        return
    columns = ("topic", "partition", "published", "remembered")
    as_table("The topics were ahead", ahead, columns, "The database was not behind its topics.")


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
    rows = run(rebuilding.rebuild_group(find_stack(stack), group, tell, switch=switch, stream=stream))
    if json:
        as_json(rows)
    else:
        as_table("Rebuilt", rows, ("table", "live", "rebuilt", "equal"), "The projection has no tables.")
    if not all(row["equal"] for row in rows):
        raise typer.Exit(1)


@app.command()
@reachable
def audit(*, stack: Folder = None, service: Service = None, limit: Limit = 100, json: Json = False) -> None:
    """What operators did, newest first."""
    rows = run(progress.list_actions(_stack(stack, service), limit))
    if json:
        as_json(rows)
    else:
        as_table(
            "Acts of operators", rows, ("service", "acted_at", "action", "subject", "reason"), "Nobody did anything."
        )
