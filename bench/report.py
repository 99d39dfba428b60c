"""The answer as a table for people and as JSON for programs."""

import json
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.gates import verdicts
from bench.rows import Row
from bench.yardstick import EXPECTED

CITED = (
    ("create contacts", "Odoo 18, 100k contacts: 60/s, p99 191 ms; 100 a call 847/s"),
    ("a sale with its follow-up", "Odoo 13/s, p99 811 ms, in the caller's own request; Tryton 9/s, by cron"),
    ("360 view", "Odoo 68/s, p99 181 ms; Tryton 83/s, p99 153 ms"),
    ("find by e-mail, 10k → 100k", "Odoo 71/s → 46/s"),
)
"""Measured before with 8 clients on two such cores; not run here."""


def print_table(rows: Sequence[Row], speed: float, *, full: bool) -> None:
    """Every row beside its peer and its gates on a machine of this speed, then each row's details."""
    console = Console(width=max(Console().width, 150))
    table = Table(title="Rapport on this machine", caption="per second; µs of processor time per unit of work")
    for heading in ("work", "rate", "peer", "ratio", "p50 ms", "p99 ms", "cpu µs", "cores", "parties", "gates"):
        table.add_column(heading, justify="left" if heading in {"work", "gates"} else "right")
    for row in rows:
        figures = (row.ratio, row.p50_ms, row.p99_ms, row.cpu_us, row.cores, row.parties)
        formats = ("{:.2f}", "{:,.1f}", "{:,.1f}", "{:,.0f}", "{:.2f}", "{:,}")
        table.add_row(
            row.work,
            _number(row.rate),
            _number(row.peer_rate),
            *("-" if value is None else form.format(value) for value, form in zip(figures, formats, strict=True)),
            _gates(row, speed, full=full),
        )
    console.print(table)
    for row in rows:
        more = ", ".join(f"{name} {value:,.4g}" for name, value in row.more.items())
        console.print(f"[bold]{row.work}[/]: {row.note}. {f'Beside: {row.peer}. ' if row.peer else ''}{more}")
    console.print(
        f"\nHere the bare loop makes {speed * EXPECTED:,.0f} events/s, {speed:.2f} of the {EXPECTED:,} for which the "
        "gates in brackets are meant: rates are expected in this proportion, and times the other way round."
    )
    for row in rows:
        if row.work == "main job" and row.rate is not None:
            console.print(
                f"The main job makes {row.rate / (speed * EXPECTED):.3f} sales for each event of the bare loop."
            )
    console.print("\nCited, measured before on such a machine and not run here:")
    for work, figures_ in CITED:
        console.print(f"  {work}: {figures_}")


def write_json(rows: Sequence[Row], speed: float, file: Path) -> None:
    """As the outside contract has it, and the bare loop's rate, to which absolute gates are scaled."""
    answer = {"rows": [row.as_json() for row in rows], "bare_loop": speed * EXPECTED}
    file.write_text(json.dumps(answer, indent=1) + "\n", "utf-8")


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:,.0f}"


def _gates(row: Row, speed: float, *, full: bool) -> str:
    marks = {True: "[green]✓[/]", False: "[red]✗[/]", None: "?"}
    return "  ".join(f"{marks[held]} {gate.told(speed)}" for gate, held in verdicts(row, speed, full=full))
