"""What every command of `rapport` shares: its options, how it runs, and how it fails."""

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
from shared.version import VERSION
from tools.rapport.stack import Stack, find_stack

T = TypeVar("T")
DIGITS = 18
"""As many fit a bigint, whichever they are."""

app = typer.Typer(
    name="rapport",
    help="What operators of Rapport need: what stands still and why, and how it gets on.\n\n"
    "Without --stack it looks at RAPPORT_OPERATOR__<SERVICE> and RAPPORT_KAFKA__BROKERS, inside a service's container "
    "at RAPPORT_DATABASE__DSN, and else at .run, the folder of `make run`.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _show_version(asked: bool) -> None:  # noqa: FBT001  typer hands it over so
    if asked:
        typer.echo(f"rapport {VERSION}")
        raise typer.Exit


@app.callback()
def quietly(
    *,
    version: Annotated[
        bool, typer.Option("--version", help="Say which version this is.", callback=_show_version, is_eager=True)
    ] = False,
) -> None:
    """Handlers log each batch; here that would stand between the answers."""
    del version
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


Folder = Annotated[
    Path | None, typer.Option("--stack", help="The folder of a stack of `make run`, or its addresses.json.")
]
Service = Annotated[str | None, typer.Option(help="Only this service.")]
Json = Annotated[bool, typer.Option("--json", help="Answer as one JSON document.")]
Limit = Annotated[int, typer.Option(min=1, max=1_000_000, help="At most so many lines.")]
Topic = Annotated[str | None, typer.Option(help="Only this topic.")]
Group = Annotated[str | None, typer.Option(help="Only this consumer group, such as marketing.follow-ups.")]
Reason = Annotated[str | None, typer.Option(help="Only records with this reason, such as schema.")]
Key = Annotated[str | None, typer.Option(help="Only records with this key.")]
Why = Annotated[str | None, typer.Option("--reason", help="Goes into the audit line; asked for where it is not given.")]


def ask_why(reason: str | None) -> str:
    """What was given, else what a person types. To be called once everything else is known to be right."""
    if reason is None:
        try:
            reason = str(typer.prompt("Why"))
        except typer.Abort:
            raise ConfigurationError("say why with --reason: it goes into the audit line") from None
    return check_said("--reason", reason)


def check_said(option: str, text: str) -> str:
    """The same. Raises ConfigurationError where it says nothing."""
    if not text.strip():
        raise ConfigurationError(f"{option} says nothing: it goes into the audit line")
    return text


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
    """An error while finding the stack or reading an argument is told like any other, and so is an argument that is no
    text in UTF-8.
    """

    @functools.wraps(command)
    def guarded(*args: Any, **kwargs: Any) -> None:
        try:
            for name, value in kwargs.items():
                _check_text(name, value)
            command(*args, **kwargs)
        except CrmError as error:
            _fail(str(error))

    return guarded


def _check_text(name: str, value: object) -> None:
    for each in value if isinstance(value, list) else (value,):
        if isinstance(each, str) and not each.isascii() and each != each.encode("utf-8", "replace").decode():
            raise ConfigurationError(f"what is given as {name} is no text in UTF-8")


def choose_stack(folder: Path | None, service: str | None) -> Stack:
    return find_stack(folder).only(service)


def split_id(text: str, stack: Stack) -> tuple[str, int]:
    """`contacts:7`, or `7` where there is one service only."""
    service, _, number = text.rpartition(":")
    if not service and len(stack.dsns) == 1:
        service = next(iter(stack.dsns))
    if service not in stack.dsns or not number.isdecimal() or len(number) > DIGITS:
        raise ConfigurationError(f"{text} is no id: take one as a list of records shows it, such as contacts:7")
    return service, int(number)
