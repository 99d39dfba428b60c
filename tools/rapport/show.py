"""Answers for a person as a table, or for a program as JSON."""

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

Row = Mapping[str, Any]
_UNFOLDED = 100_000  # characters; no cell is as long


def as_json(answer: object) -> None:
    """One JSON document on standard output."""
    sys.stdout.write(json.dumps(answer, indent=2, ensure_ascii=False, default=_plain) + "\n")


def as_table(title: str, rows: Sequence[Row], columns: Sequence[str], empty: str) -> None:
    """The named columns of the rows; `empty` says what it means that there are none."""
    console = _console()
    if not rows:
        console.print(empty, markup=False)
        return
    table = Table(title=Text(title), title_justify="left", box=None, pad_edge=False)
    for column in columns:
        numbers = all(isinstance(row[column], int) and not isinstance(row[column], bool) for row in rows)
        table.add_column(column.replace("_", " "), justify="right" if numbers else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(_cell(row[column])) for column in columns))
    console.print(table)


def say(line: str) -> None:
    _console().print(line, markup=False, soft_wrap=True)


@contextmanager
def working(what: str) -> Iterator[None]:
    """Say on a terminal, beside the answer, what is waited for and how long already."""
    if not sys.stderr.isatty():
        yield
        return
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        progress.add_task(what, total=None)
        yield


def _console() -> Console:
    """As wide as a terminal is; what is read by a program has one line a row, however long."""
    return Console(highlight=False, width=None if sys.stdout.isatty() else _UNFOLDED)


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="seconds")
    if isinstance(value, dict):
        value = " ".join(f"{key}={part}" for key, part in value.items())
    return str(value)


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(type(value).__name__)
