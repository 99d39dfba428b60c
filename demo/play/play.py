"""The demo from the first process to the last check."""

import asyncio
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import NoReturn

import httpx
from rich.console import Console

from demo.oracle.campaigns import Campaign, load_campaigns
from demo.oracle.ledger import Ledger
from demo.oracle.segments import CAMPAIGN
from demo.play import letters, outcome, readers
from demo.play.desk import Desk
from demo.play.findings import Acts, Expecting, Findings, Played, find
from demo.play.pace import Pace
from demo.play.progress import LiveView
from demo.play.replayer import AHEAD, Replayer
from demo.play.settle import until_handled, until_settled
from demo.play.watch import Watch
from demo.world.facts import Fact
from demo.world.generator import Generator, Scale
from deploy.embedded.stack import EmbeddedStack
from deploy.errors import StackError
from shared.run.discovery import FRONTS

CAMPAIGNS = Path(__file__).with_name("campaigns")
PROMISES = Path(__file__).with_name("promises.yaml")
REFIT_EVERY = timedelta(weeks=4)  # 13 times a year
_GRACE = timedelta(hours=25)  # a message without an address waits 24 hours for one
_CHECK_EVERY = 0.5


def make_stack(folder: Path, console: Console) -> EmbeddedStack:
    """Empty, on the stream's clock, with the demo's own campaigns."""
    environment = {
        "RAPPORT_MARKETING__CAMPAIGNS": str(CAMPAIGNS),
        "RAPPORT_MARKETING__PROGRAMME": str(letters.PROGRAMME),
        "RAPPORT_SUPPORT__PROMISES": str(PROMISES),
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
        begun, past = monotonic(), list[Fact]()
        expected = Expecting(Ledger(), load_campaigns(CAMPAIGNS, *letters.TUTORIALS, letters.READY_MADE))

        def remember(fact: Fact) -> None:
            expected.ledger.add(fact)
            past.append(fact)

        async with httpx.AsyncClient(timeout=60) as client:
            desk = Desk(client, self.stack.url("support"), watch, expected.ledger, self.scale.seed)
            pace = Pace(watch, REFIT_EVERY, AHEAD)
            async with Replayer(self.stack.bootstrap, passed=pace, sent=remember, at_desk=desk) as replayer:
                live = LiveView(self.console, watch, replayer.progress, generator.journey.sales)
                showing = asyncio.create_task(live.run())
                try:
                    end = await self._tell_year(generator, watch, replayer, desk, expected)
                    await pace.until_forecast(end)
                    await until_settled(watch, end)
                    acts = await self._act(client, watch, replayer)
                    end = replayer.progress.now or end
                    await until_settled(watch, end)
                finally:
                    showing.cancel()
                    await asyncio.gather(showing, return_exceptions=True)
            self.console.print("Everything is handled; comparing ...")
            played = Played(generator, replayer.progress.sent, monotonic() - begun, end, acts)
            return await find(client, self.stack, watch, expected, past, played)

    async def _tell_year(
        self, generator: Generator, watch: Watch, replayer: Replayer, desk: Desk, expected: Expecting
    ) -> datetime:
        """All facts, with the desk at work in between; the last tick, by which every message is due."""
        await replayer.send(list(generator.catalogue()))
        # campaigns match by department, so the catalogue has to be known before the first sale
        await until_handled(watch, "crm.products", ("marketing", "forecasting"))
        async with httpx.AsyncClient(timeout=60) as client:
            await letters.put_in_force(client, self.stack.url("marketing"))
        await desk.open()
        return await replayer.run(generator.year(), [_longest(expected.campaigns) + _GRACE])

    async def _act(self, client: httpx.AsyncClient, watch: Watch, replayer: Replayer) -> Acts:
        """What is done at the end of the year: a merge is taken back, the newsletter goes out, letters are read."""
        undone = await outcome.undo_a_merge(client, self.stack.url("contacts"))
        await letters.send_newsletter(client, self.stack.url("marketing"), replayer.tick_on)
        return Acts(undone, await readers.read_letters(client, watch, self.stack.folder.path / "mail", CAMPAIGN))

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


def _longest(campaigns: Sequence[Campaign]) -> timedelta:
    """From a sale to the last message that can come of it."""
    return max(sum(campaign.waits, timedelta()) for campaign in campaigns)
