"""The end of the demo, in words and tables."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table

from demo.oracle.comparison import Comparison
from demo.oracle.ledger import REFUND, REQUEST, SALE
from demo.oracle.tickets import IN_HISTORIES
from demo.play.outcome import Hindsight, Warned
from demo.play.readers import Read
from demo.play.watch import Trouble

_SHOWN_DEPARTMENTS = 10


@dataclass(frozen=True, slots=True)
class Findings:
    """All that is told at the end."""

    households: int
    sent: Counter[str]
    sales: int
    """Different ones: some were sent twice."""
    seconds: float
    audit: Mapping[str, Any]
    hindsight: Mapping[str, Hindsight]
    refits: int
    alike: Mapping[str, int]
    """Pairs of parties by what came of the question whether they are one."""
    undone: str | None
    """Why the two were merged whose merge was taken back."""
    read: Read
    """What readers did with letters, and below what was counted of it."""
    counted: Read
    warned: Mapping[str, Warned]
    comparisons: Sequence[Comparison]
    troubles: Mapping[str, Trouble]
    refusals: Sequence[str]
    letters: int
    maildir: Path

    def failures(self) -> list[str]:
        """Why the demo did not prove what it should; nothing if it did."""
        failed = [f"the audit says {name} {self.audit[name]:,}" for name in ("missing", "double") if self.audit[name]]
        if self.audit["sales"] != self.sales:
            failed.append(f"marketing has read {self.audit['sales']:,} sales, and {self.sales:,} were sent")
        if not self.read.opened or self.counted != self.read:
            failed.append(f"marketing has counted {self.counted} of letters, and there was {self.read}")
        failed += [f"{each.name} differs from the ledger" for each in self.comparisons if not each.equal]
        for service, trouble in self.troubles.items():
            counts = {"parked": trouble.parked, "quarantined": trouble.quarantined, "failed": trouble.failed_timers}
            failed += [f"{service} has {count:,} records or timers {what}" for what, count in counts.items() if count]
        return failed


def tell(console: Console, found: Findings) -> None:
    """Print the summary."""
    sent = found.sent
    console.print(
        f"\n[bold]{found.sales:,} sales of {found.households:,} households in a year[/], played in "
        f"{found.seconds:.0f} s: {found.sales / found.seconds:,.0f} sales a second through all services.\n"
        f"With them came {sent[REFUND]:,} refunds and {sent[REQUEST]:,} requests; {sent[SALE] - found.sales:,} "
        "sales were sent twice, and count once.",
        highlight=False,
    )
    console.print(_follow_ups(found.audit))
    tickets = next(each for each in found.comparisons if each.name == IN_HISTORIES)
    console.print(
        f"\nTickets in histories: {tickets.rows - tickets.missing:,} of {tickets.rows:,} requests", highlight=False
    )
    alike, why = found.alike, f" ({found.undone})" if found.undone else ""
    console.print(
        f"Parties alike: {alike['suspected']:,} pairs, of which {alike['merged']:,} were merged without asking; "
        f"people are asked about {alike['left_to_people']:,}. Merges taken back: {alike['undone']:,}{why}.",
        highlight=False,
    )
    console.print(
        f"Letters to regulars: {found.counted.opened:,} opened and {found.counted.clicked:,} followed by people, "
        f"{found.counted.opened_by_machines:,} gone through by scanners, which are told apart.",
        highlight=False,
    )
    console.print(_forecasts(found.hindsight, found.refits))
    console.print(_warnings(found.warned))
    console.print(_projections(found.comparisons))
    for each in found.comparisons:
        if not each.equal:
            console.print(f"[red]{each.name}[/]")
            console.print("\n".join(f"  {line}" for line in each.explained), highlight=False, markup=False)
    for line in found.refusals:
        console.print(f"  parked or quarantined: {line}", style="red", highlight=False, markup=False)
    console.print(
        f"\n{found.letters:,} letters lie in {found.maildir / 'new'}, one a file.", highlight=False, soft_wrap=True
    )


def _table(title: str, *columns: str) -> Table:
    """Numbers stand on the right of every column but the first."""
    table = Table(*columns, title=f"\n{title}", title_justify="left", title_style="bold", box=None, pad_edge=False)
    table.min_width = len(title)  # or a narrow table breaks it
    for column in table.columns[1:]:
        column.justify = "right"
    return table


def _follow_ups(audit: Mapping[str, Any]) -> Table:
    table = _table("Follow-ups", "of each sale", "sales")
    table.add_row("one follow-up was sent", f"{audit['one']:,}")
    for reason, count in sorted(audit["skipped"].items(), key=lambda pair: -pair[1]):
        table.add_row(f"skipped: {reason}", f"{count:,}")
    for name in ("waiting", "unknown", "missing", "double"):
        table.add_row(name, f"{audit[name]:,}", style="red" if audit[name] else "")
    return table


def _forecasts(found: Mapping[str, Hindsight], refits: int) -> Table:
    title = f"Forecasts of weekly sales, 1 to 4 weeks ahead, beside what came ({refits} fits)"
    columns = ("department", "weeks", "forecast", "came", "off by", "within 80 %")
    table = _table(title, *columns)
    largest = sorted(found.items(), key=lambda pair: -pair[1].actual)
    for department, each in largest[:_SHOWN_DEPARTMENTS]:
        off = f"{each.missed / each.actual:.0%}" if each.actual else "-"
        amounts = (f"${each.forecast / 100:,.0f}", f"${each.actual / 100:,.0f}")
        table.add_row(department, str(each.weeks), *amounts, off, f"{each.inside / each.weeks:.0%}")
    if len(largest) > _SHOWN_DEPARTMENTS:
        table.add_row(f"and {len(largest) - _SHOWN_DEPARTMENTS} smaller ones")
    return table


def _warnings(found: Mapping[str, Warned]) -> Table:
    title = "Warnings, beside what came of them"
    table = _table(title, "kind", "raised", "came true", "averted", "over", "open", "precision", "days ahead")
    for kind, each in sorted(found.items()):
        ended = each.ended
        counts = (
            each.raised,
            ended["came_true"],
            ended["bought"] + ended["used_again"],
            ended["over"],
            each.raised - ended.total(),
        )
        precision = "-" if each.precision is None else f"{each.precision:.0%}"
        ahead = f"{median(each.leads):.0f}" if each.leads else "-"
        table.add_row(kind, *(f"{count:,}" for count in counts), precision, ahead)
    return table


def _projections(comparisons: Sequence[Comparison]) -> Table:
    title = "What the services hold, row by row beside the ledger of what was sent"
    table = _table(title, "projection", "rows", "")
    table.columns[2].justify = "left"
    for each in comparisons:
        verdict = "equal"
        if not each.equal:
            verdict = f"{each.missing:,} missing, {each.unexpected:,} unexpected, {each.different:,} different"
        table.add_row(each.name, f"{each.rows:,}", verdict, style="" if each.equal else "red")
    return table
