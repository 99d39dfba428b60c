"""Once a second: has the watermark passed a cut whose forecasts and scores do not stand yet?"""

import asyncio
from datetime import date

from services.forecasting.cuts import commands as cuts
from services.forecasting.cuts.domain import Cut, last_cut
from services.forecasting.fitting.process import Fittings, Run
from services.forecasting.jobs import actions, cross_sell, frauds, models, products, scores, trends, warnings, weekly
from services.forecasting.series import commands as series
from services.forecasting.settings import ForecastingSettings
from shared.engine.checks import Check

_STILL_GROWING = 1.01
"""More than a hundredth from one look to the next."""


class Jobs:
    """A worker of the service. Several instances may run it: a cut is published once, whoever comes first."""

    def __init__(self, settings: ForecastingSettings, run: Run | None = None) -> None:
        self._settings = settings
        self._fitting = Fittings(settings.processes)
        self._run: Run = run or self._fitting.run
        self._settling = warnings.Settling()
        self._seen: tuple[date, int] | None = None
        self._newest: Cut | None = None

    def check(self) -> Check:
        """Degraded as long as something is left out of the newest cut."""
        if self._newest is None or self._newest.set_aside is None:
            return Check("forecasts")
        cut, aside = self._newest.cut, self._newest.set_aside
        detail = f"{aside.count} set aside at the cut of {cut.isoformat()}, first {aside.name}: {aside.reason}"
        return Check("forecasts", "degraded", detail)

    async def run(self, source: cuts.Source) -> None:
        """Until cancelled; errors end it, and the engine starts it again."""
        try:
            while True:
                await self.step(source)
                await asyncio.sleep(self._settings.poll_s)
        finally:
            await self._fitting.stop()

    async def step(self, source: cuts.Source) -> date | None:
        """Settle warnings, and do the newest cut that is due, if any, or finish one; the cut that was worked on.

        Cuts that passed meanwhile (a catch-up over years, a slow machine) are left out: nobody waits for them.
        """
        watermark = await cuts.find_watermark(source)
        if watermark is None:
            return None
        await self._settling.step(source, watermark)
        cut = last_cut(watermark, self._settings.refit_every)
        async with source.read() as tx:
            sold, newest = await series.count_sales(tx, cut), await cuts.find_newest_cut(tx)
        self._newest = newest
        if not sold:
            return None
        if newest is None or newest.cut < cut:
            if not self._settled(cut, sold):
                return None
            await weekly.forecast(source, self._run, self._settings, cut)
        elif newest.scored:
            return None
        else:
            cut = newest.cut
        await scores.fit(source, self._run, self._settings, cut)
        await models.measure(source, self._run, self._settings, cut)
        await warnings.warn(source, self._run, self._settings, cut)
        await trends.look(source, self._run, self._settings, cut)
        await products.advise(source, self._run, self._settings, cut)
        await cross_sell.pair(source, self._run, self._settings, cut)
        await actions.price(source, cut)
        await frauds.learn(source, self._run, cut)
        await scores.publish(source, cut)
        return cut

    def _settled(self, cut: date, sold: int) -> bool:
        """False while sales from before the cut still pour in: on the wall clock an import is no reason to wait for
        the watermark, and a forecast made of half of it would stand for good.
        """
        before, self._seen = self._seen, (cut, sold)
        return before is not None and before[0] == cut and sold <= before[1] * _STILL_GROWING
