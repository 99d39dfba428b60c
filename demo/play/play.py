"""The demo from the first process to the last check."""

import asyncio
import os
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from time import monotonic
from typing import NoReturn

import httpx
from rich.console import Console

from demo.oracle.campaigns import Campaign, load_campaigns
from demo.oracle.ledger import Ledger
from demo.oracle.projections import compare_all
from demo.oracle.segments import CAMPAIGN
from demo.play import outcome, readers
from demo.play.pace import Pace
from demo.play.progress import LiveView
from demo.play.replayer import AHEAD, Replayer
from demo.play.settle import until_handled, until_settled
from demo.play.summary import Findings
from demo.play.watch import SQL, Watch
from demo.world.generator import Generator, Scale
from deploy.embedded.stack import EmbeddedStack
from deploy.errors import StackError
from shared.run.discovery import FRONTS

CAMPAIGNS = Path(__file__).with_name("campaigns")
REFIT_EVERY = timedelta(weeks=4)  # 13 times a year
_GRACE = timedelta(hours=25)  # a message without an address waits 24 hours for one
_CHECK_EVERY = 0.5


def make_stack(folder: Path, console: Console) -> EmbeddedStack:
    """Empty, on the stream's clock, with the demo's own campaigns."""
    environment = {
        "RAPPORT_MARKETING__CAMPAIGNS": str(CAMPAIGNS),
        "RAPPORT_FORECASTING__REFIT_EVERY": f"P{REFIT_EVERY.days}D",
        "RAPPORT_LOG__LEVEL": os.environ.get("RAPPORT_LOG__LEVEL", "warning"),
    }
    say = lambda text: console.print(text, highlight=False, markup=False)  # noqa: E731 - two words of configuration
    return EmbeddedStack(
        folder, fronts=FRONTS, clock="stream", fresh=True, default_ports=True, env=environment, say=say
    )


@dataclass(slots=True)
class Play:
    """One run on a stack that is up. Raises StackError when a part of it dies, NotSettledError when it stands still."""

    stack: EmbeddedStack
    scale: Scale
    console: Console

    async def run(self) -> Findings:
        generator = await asyncio.to_thread(Generator, self.scale)
        databases = {service: self.stack.superuser_dsn(service) for service in self.stack.services}
        async with Watch(self.stack.bootstrap, databases) as watch:
            guard = asyncio.create_task(self._guard())
            playing = asyncio.create_task(self._play(generator, watch))
            try:
                await asyncio.wait((guard, playing), return_when=asyncio.FIRST_COMPLETED)
                return await playing if playing.done() else await guard
            finally:
                for task in (guard, playing):
                    task.cancel()
                await asyncio.gather(guard, playing, return_exceptions=True)

    async def _play(self, generator: Generator, watch: Watch) -> Findings:
        begun, ledger, campaigns = monotonic(), Ledger(), load_campaigns(CAMPAIGNS)
        pace = Pace(watch, REFIT_EVERY, AHEAD)
        async with Replayer(self.stack.bootstrap, passed=pace, sent=ledger.add) as replayer:
            live = LiveView(self.console, watch, replayer.progress, generator.journey.sales)
            showing = asyncio.create_task(live.run())
            try:
                await replayer.send(list(generator.catalogue()))
                # campaigns match by department, so the catalogue has to be known before the first sale
                await until_handled(watch, "crm.products", ("marketing", "forecasting"))
                end = await replayer.run(generator.year(), [_longest(campaigns) + _GRACE])
                await pace.until_forecast(end)
                await until_settled(watch, end)
                async with httpx.AsyncClient(timeout=60) as client:
                    because = await outcome.undo_a_merge(client, self.stack.url("contacts"))
                    read = await readers.read_letters(client, watch, self.stack.folder.path / "mail", CAMPAIGN)
                await until_settled(watch, end)
            finally:
                showing.cancel()
                await asyncio.gather(showing, return_exceptions=True)
        seconds = monotonic() - begun
        self.console.print("Everything is handled; comparing ...")
        refusals = [line for service in self.stack.services for line in await watch.refusals(service)]
        maildir = self.stack.folder.path / "mail"
        (alike,) = await watch.rows("contacts", SQL["count_alike"])
        (refits,) = await watch.rows("forecasting", SQL["count_refits"])
        async with httpx.AsyncClient(timeout=60) as client:
            return Findings(
                households=len(generator.households),
                sent=replayer.progress.sent,
                sales=len(ledger.sales),
                seconds=seconds,
                audit=await outcome.audit(client, self.stack.url("marketing")),
                hindsight=await outcome.hindsight(client, self.stack.url("forecasting")),
                refits=refits["refits"],
                alike=alike,
                undone=because,
                read=read,
                counted=await readers.count_read(client, self.stack.url("marketing"), CAMPAIGN),
                warned=await outcome.warned(client, self.stack.url("forecasting")),
                comparisons=await compare_all(watch, ledger, campaigns),
                troubles=await watch.troubles(end),
                refusals=refusals,
                letters=sum(1 for _ in os.scandir(maildir / "new")),
                maildir=maildir,
            )

    async def _guard(self) -> NoReturn:
        """Ends by raising when a process of the stack has ended."""
        while True:
            for name, part in self.stack.parts.items():
                if not part.child.is_alive():
                    log = part.child.log
                    lines = log.read_text("utf-8", "replace").splitlines()[-15:] if log.exists() else []
                    raise StackError(
                        "\n  ".join([f"{name} ended with status {part.child.status}. {log} ends with:", *lines])
                    )
            await asyncio.sleep(_CHECK_EVERY)


def _longest(campaigns: list[Campaign]) -> timedelta:
    """From a sale to the last message that can come of it."""
    return max(sum(campaign.waits, timedelta()) for campaign in campaigns)
