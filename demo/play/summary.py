"""The end of the demo, in words and tables: first what a manager asks for, then the details."""

from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table

from demo.oracle.campaigns import SENT
from demo.oracle.comparison import Comparison
from demo.oracle.ledger import REFUND, REQUEST, SALE
from demo.play.findings import PAST, Findings
from demo.play.outcome import Hindsight, Warned

_SHOWN_DEPARTMENTS = 10
_SHOWN_REASONS = 3


def tell(console: Console, found: Findings) -> None:
    """Print the summary."""
    for part in (_headline(found), _follow_ups(found.audit), _letters(found), _desk(found), _customers(found)):
        console.print(part, highlight=False)
    console.print(_proof(found), highlight=False)
    for each in (*found.comparisons, found.past):
        if not each.equal:
            console.print(f"[red]{each.name}[/]")
            console.print("\n".join(f"  {line}" for line in each.explained), highlight=False, markup=False)
    for line in found.refusals:
        console.print(f"  parked or quarantined: {line}", style="red", highlight=False, markup=False)
    console.print("\n[bold]In detail[/]")
    console.print(_forecasts(found.hindsight, found.refits))
    console.print(_warnings(found.warned))
    console.print(_projections([*found.comparisons, found.past]))
    console.print(
        f"\n{found.letters:,} letters lie in {found.maildir / 'new'}, one a file.", highlight=False, soft_wrap=True
    )


def _headline(found: Findings) -> str:
    sent = found.sent
    return (
        f"\n[bold]{found.sales:,} sales of {found.households:,} households in a year[/], played in "
        f"{found.seconds:.0f} s: {found.sales / found.seconds:,.0f} sales a second through all services.\n"
        f"With them came {sent[REFUND]:,} refunds and {sent[REQUEST]:,} requests; {sent[SALE] - found.sales:,} "
        "sales were sent twice, and count once."
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


def _letters(found: Findings) -> Table:
    table = _table("Letters by campaign, all ready-made ones in force", "campaign", "sent", "skipped", "mostly since")
    for name, ended in found.messages.items():
        others = [(outcome, count) for outcome, count in ended.most_common() if outcome != SENT]
        skipped = sum(count for _, count in others)
        table.add_row(name, f"{ended[SENT]:,}", f"{skipped:,}", others[0][0] if others else "")
    return table


def _desk(found: Findings) -> str:
    desk, asked = found.desk, found.sent[REQUEST]
    answers = sum(desk.ratings.values())
    mean = sum(value * count for value, count in desk.ratings.items()) / answers if answers else 0
    return (
        f"\n[bold]Support[/]\n{desk.opened:,} of {asked:,} requests became tickets, were triaged and given to agents "
        f"by skill, shift and load; {desk.resolved:,} are met.\n"
        f"First answers in time {desk.answered_in_time:,}, late {desk.answered_late:,}; solutions in time "
        f"{desk.resolved_in_time:,}, late {desk.resolved_late:,}. {answers:,} customers rated it, {mean:.1f} of 5."
    )


def _customers(found: Findings) -> str:
    alike, counts = found.alike, found.alike.counts
    told = (
        f"Alike: {counts['suspected']:,} pairs; {counts['merged']:,} were merged without asking, people are asked about"
    )
    lines = ["\n[bold]Customers[/]", f"{told} {counts['left_to_people']:,}. Merges taken back: {counts['undone']:,}."]
    if alike.merged_because:
        lines.append(f"Merged, for example: {alike.merged_because}.")
    if alike.asked_because:
        lines.append(f"Asked about: {', '.join(alike.asked_because[:_SHOWN_REASONS])}.")
    if alike.undone:
        lines.append(f"Taken back: {alike.undone}.")
    days = ", ".join(f"{day:%-d %B}" for day in PAST)
    shown = "what was known then" if found.past.equal else "something else than what was known then"
    lines.append(f"As of {days}: {found.past.rows:,} views of the past show {shown}.")
    gone, read = found.erased, found.counted
    by = ", ".join(gone.confirmed)
    lines.append(
        f"Erased: one customer; {gone.found:,} rows of contacts emptied, {gone.left:,} left, confirmed by {by}."
    )
    lines.append(
        f"Letters to regulars: {read.opened:,} opened and {read.clicked:,} followed by people, "
        f"{read.opened_by_machines:,} gone through by scanners, which are told apart."
    )
    return "\n".join(lines)


def _proof(found: Findings) -> str:
    comparisons = [*found.comparisons, found.past]
    equal, rows = sum(each.equal for each in comparisons), sum(each.rows for each in comparisons)
    return (
        f"\n[bold]Proof[/]\n{equal} of {len(comparisons)} projections are equal, row by row ({rows:,}), to the ledger "
        "of what was sent and done."
    )


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
