"""One pipeline for our log lines and those of libraries: JSON on a pipe, colours on a terminal.

A line has `event`, `level`, `time`, `logger`, what is bound to the context, and its own fields. Logging never raises,
whatever became of standard output and whatever a line holds: what could not be written is counted.
"""

import json
import logging
import sys
from collections.abc import MutableMapping
from datetime import UTC, datetime
from typing import Any

import structlog
from pydantic_core import to_json

from shared.settings import LogSettings
from shared.telemetry import metrics
from shared.telemetry.redaction import causes, describe, frames

Fields = MutableMapping[str, Any]


class _Stdout:
    """Standard output as it is at the time of each line, so that it can be redirected after the start.

    A full disk or a reader of the pipe that is gone must not stop what is logged about.
    """

    def write(self, line: Any) -> int:
        try:
            return sys.stdout.write(line) if isinstance(line, str) else sys.stdout.buffer.write(line)
        except Exception:  # noqa: BLE001  whatever it is, a log line stops nobody
            metrics.LOG_LINES_LOST.inc()
            return len(line)

    def flush(self) -> None:
        try:
            sys.stdout.flush()
        except Exception:  # noqa: BLE001  whatever it is, a log line stops nobody
            metrics.LOG_LINES_LOST.inc()


class _Handler(logging.StreamHandler[Any]):
    """What a library logs; the standard library would print why that failed, and filters may raise past it."""

    def handle(self, record: logging.LogRecord) -> bool:
        try:
            return bool(super().handle(record))
        except Exception:  # noqa: BLE001  whatever it is, a log line stops nobody
            metrics.LOG_LINES_LOST.inc()
            return False

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  the standard library's name
        del record
        metrics.LOG_LINES_LOST.inc()


def _never_raising(level: int) -> type[Any]:
    """The logger of a level, whose lines are counted where they cannot be made: a field may hold anything."""
    kind: Any = structlog.make_filtering_bound_logger(level)

    def write(self: Any, method: str, event: str | None = None, /, **fields: Any) -> None:
        try:
            kind._proxy_to_logger(self, method, event, **fields)  # noqa: SLF001 - what structlog offers to wrap
        except Exception:  # noqa: BLE001  whatever it is, a log line stops nobody
            metrics.LOG_LINES_LOST.inc()

    return type(kind.__name__, (kind,), {"_proxy_to_logger": write})


# Libraries that tell at `info` what our own lines say already.
_QUIET = ("aiokafka", "faststream", "httpx", "httpcore", "yoyo", "asyncio", "uvicorn.error")


def configure_logging(settings: LogSettings) -> None:
    """Sets structlog and the standard library's logging up for this process; a second call replaces the first."""
    level = logging.getLevelNamesMapping()[settings.level.upper()]
    console = settings.format == "console" or (settings.format == "auto" and sys.stdout.isatty())
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        _add_time,
        _add_error,
    ]
    render: list[Any] = [structlog.dev.ConsoleRenderer()] if console else [_render_json]
    stdout: Any = _Stdout()
    structlog.configure(
        processors=[*shared, *render],
        wrapper_class=_never_raising(level),
        logger_factory=structlog.WriteLoggerFactory(stdout) if console else structlog.BytesLoggerFactory(stdout),
        cache_logger_on_first_use=True,
    )
    _adopt_standard_logging(level, shared, render)


def _adopt_standard_logging(level: int, shared: list[Any], render: list[Any]) -> None:
    text = [*render[:-1], _as_text(render[-1])]
    handler = _Handler(_Stdout())
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, structlog.stdlib.ExtraAdder(), *shared],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *text],
        )
    )
    handler.addFilter(_without_values)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in (*_QUIET, "uvicorn", "uvicorn.access", "faststream.access.kafka"):
        library = logging.getLogger(name)
        library.handlers.clear()
        library.propagate = True
    for name in _QUIET:
        logging.getLogger(name).setLevel(max(level, logging.WARNING))
    logging.getLogger("uvicorn.access").disabled = True
    logging.captureWarnings(capture=True)


def _without_values(record: logging.LogRecord) -> bool:
    """Libraries put exceptions into their sentences, asyncio a whole task into the lines after its first."""
    if isinstance(record.args, tuple):
        record.args = tuple(describe(arg) if isinstance(arg, BaseException) else arg for arg in record.args)
    if record.name == "asyncio":
        record.msg, record.args = record.getMessage().partition("\n")[0], None
    return True


def _add_time(logger: object, method: str, fields: Fields) -> Fields:
    del logger, method
    fields["time"] = datetime.now(UTC).isoformat(timespec="milliseconds")
    return fields


def _add_error(logger: object, method: str, fields: Fields) -> Fields:
    """Replaces `exc_info` by its kind, places and causes; `error=<exception>` by its one line."""
    del logger, method
    raised = fields.pop("exc_info", None)
    if raised is True:
        raised = sys.exc_info()[1]
    if isinstance(raised, tuple):
        raised = raised[1]
    if isinstance(raised, BaseException):
        fields["error"] = describe(raised)
        fields["traceback"] = frames(raised.__traceback__)
        if chain := causes(raised):
            fields["causes"] = chain
    for name, value in fields.items():
        if isinstance(value, BaseException):
            fields[name] = describe(value)
    return fields


def _render_json(logger: object, method: str, fields: Fields) -> bytes:
    del logger, method
    fields["event"] = fields.pop("event", None)
    try:
        return to_json(fields, fallback=repr)
    except Exception:  # noqa: BLE001  bytes beyond UTF-8 in a text, or a repr that raises
        return json.dumps(fields, default=lambda field: type(field).__name__).encode()


def _as_text(render: Any) -> Any:
    def rendered(logger: object, method: str, fields: Fields) -> str:
        line = render(logger, method, fields)
        return line.decode() if isinstance(line, bytes) else str(line)

    return rendered
