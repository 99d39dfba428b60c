"""The live view: rates, lags, counts and the simulated date. Plain lines where nobody watches a terminal."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from time import monotonic

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from demo.oracle.ledger import REFUND, REQUEST, SALE
from demo.play.replayer import Progress
from demo.play.watch import Standing, Watch

_EVERY_TERMINAL, _EVERY_LINE = 1.0, 10.0


@dataclass(slots=True)
class Frame:
    """One look at everything, with the rates since the look before."""

    elapsed: float
    sales: int
    sales_rate: float
    standings: Mapping[str, Standing]
    rates: Mapping[str, float]


class LiveView:
    """Shows until cancelled; looks only, so it may end at any time."""

    def __init__(self, console: Console, watch: Watch, progress: Progress, sales: int) -> None:
        self._console = console
        self._watch = watch
        self._progress = progress
        self._sales = sales
        self._started = self._before = monotonic()
        self._handled: dict[str, int] = {}
        self._sold = 0

    async def run(self) -> None:
        if not self._console.is_terminal:
            while True:
                await asyncio.sleep(_EVERY_LINE)
                self._console.print(self._line(await self._look()), highlight=False, soft_wrap=True)
        with Live(console=self._console, auto_refresh=False, transient=True) as live:
            while True:
                live.update(self._picture(await self._look()), refresh=True)
                await asyncio.sleep(_EVERY_TERMINAL)

    async def _look(self) -> Frame:
        standings = await self._watch.standings()
        now, sales = monotonic(), min(self._progress.sent[SALE], self._sales)  # some are sent twice
        past = max(now - self._before, 0.001)
        rates = {name: (each.handled - self._handled.get(name, 0)) / past for name, each in standings.items()}
        frame = Frame(now - self._started, sales, (sales - self._sold) / past, standings, rates)
        self._before, self._sold = now, sales
        self._handled = {name: each.handled for name, each in standings.items()}
        return frame

    def _line(self, frame: Frame) -> str:
        services = " · ".join(
            f"{name} {_day(each.passed)} lag {each.lag:,}" for name, each in sorted(frame.standings.items())
        )
        sales = f"{frame.sales:,} of {self._sales:,} sales ({frame.sales_rate:,.0f}/s)"
        return f"{frame.elapsed:5.0f} s · {_day(self._progress.now)} · {sales} · {services}"

    def _picture(self, frame: Frame) -> RenderableType:
        sent = self._progress.sent
        head = Text.assemble(
            (_day(self._progress.now), "bold"),
            f"   {frame.elapsed:.0f} s   {frame.sales:,} of {self._sales:,} sales   {frame.sales_rate:,.0f}/s   ",
            f"{sent[REFUND]:,} refunds   {sent[REQUEST]:,} requests",
            ("   waiting for the slowest", "dim") if self._progress.waiting else "",
        )
        table = Table(box=None, pad_edge=False)
        for column in ("service", "handled", "events/s", "lag", "has passed"):
            table.add_column(column, justify="left" if column in {"service", "has passed"} else "right")
        for name, each in sorted(frame.standings.items()):
            row = (name, f"{each.handled:,}", f"{frame.rates[name]:,.0f}", f"{each.lag:,}", _day(each.passed))
            table.add_row(*row, style="red" if each.stopped else "")
        bar = Table.grid(expand=True)
        bar.add_row(ProgressBar(total=self._sales, completed=frame.sales))
        return Group(head, bar, table)


def _day(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d}" if at else "-"
