"""The answer as a table for people and as JSON for programs."""

import json
from collections.abc import Iterable, Sequence
from itertools import groupby
from pathlib import Path

from rich.console import Console
from rich.table import Table

from eval.rows import Row


def print_table(rows: Sequence[Row]) -> None:
    """A table for each task and set: a line for each model and peer, a column for each metric."""
    console = Console(width=max(Console().width, 150))
    for (task, of), group in groupby(rows, key=lambda row: (row.task, row.set)):
        lines = list(group)
        metrics = list(dict.fromkeys(row.metric for row in lines))
        table = Table(title=f"{task}: {of}", title_justify="left")
        table.add_column("model")
        for metric in metrics:
            table.add_column(metric, justify="right")
        ours = {(row.model, row.metric): row.value for row in lines}
        peers = {(row.peer, row.metric): row.peer_value for row in lines if row.peer}
        for name in dict.fromkeys(peer for peer, _ in peers):
            table.add_row(str(name), *_figures(peers.get((name, metric)) for metric in metrics))
        for name in dict.fromkeys(model for model, _ in ours):
            table.add_row(f"[bold]{name}[/]", *_figures(ours.get((name, metric)) for metric in metrics))
        console.print(table)


def write_json(rows: Sequence[Row], file: Path) -> None:
    """As the outside contract has it."""
    file.write_text(json.dumps({"rows": [row.as_json() for row in rows]}, indent=1) + "\n", "utf-8")


def _figures(values: Iterable[float | None]) -> list[str]:
    return ["-" if value is None else f"{value:,.4g}" if abs(value) >= 100 else f"{value:.3f}" for value in values]
