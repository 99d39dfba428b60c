"""Once a second: has the watermark passed a cut whose forecasts and scores do not stand yet?"""

import asyncio
from collections.abc import Awaitable
from datetime import date

import structlog

from services.forecasting.cuts import commands as cuts
from services.forecasting.cuts.domain import Cut, last_cut
from services.forecasting.fitting.process import Fittings, Run
from services.forecasting.jobs import actions, cross_sell, frauds, models, products, scores, trends, warnings, weekly
from services.forecasting.series import commands as series
from services.forecasting.settings import ForecastingSettings
from shared.engine.checks import Check
from shared.errors import BadRecord

log = structlog.get_logger()
_OF_THE_DATA = (ArithmeticError, LookupError, TypeError, ValueError, BadRecord)
_STILL_GROWING = 1.01
"""More than a hundredth from one look to the next."""


async def _attempt(source: cuts.Source, cut: date, part: str, job: Awaitable[object]) -> None:
    """Do a job of the cut. One that its data make impossible is set aside with the reason, and the others are done:
    tried again it would fail again, and the cut would never be finished.
    """
    try:
        await job
    except Exception as error:
        if not _lies_in_the_data(error):
            raise
        log.exception("job_set_aside", cut=cut.isoformat(), job=part)
        async with source.transaction() as tx:
            await cuts.open_cut(tx, cut)
            await cuts.set_aside(tx, cut, {f"jobs:{part}": f"{type(error).__name__}: {error}"})


def _lies_in_the_data(error: Exception) -> bool:
    """Of what the database answers, only that it takes or calculates no such value (SQLSTATE 22)."""
    return isinstance(error, _OF_THE_DATA) or str(getattr(error, "sqlstate", "")).startswith("22")


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
            await _attempt(source, cut, "forecasts", weekly.forecast(source, self._run, self._settings, cut))
        elif newest.scored:
            return None
        else:
            cut = newest.cut
        await self._finish(source, cut)
        return cut

    async def _finish(self, source: cuts.Source, cut: date) -> None:
        """What a cut has beside its forecasts; done again after a stop it tells nothing twice."""
        fitted = source, self._run, self._settings, cut
        await _attempt(source, cut, "models", scores.fit(*fitted))
        await _attempt(source, cut, "quality", models.measure(*fitted))
        await _attempt(source, cut, "warnings", warnings.warn(*fitted))
        await _attempt(source, cut, "trends", trends.look(*fitted))
        await _attempt(source, cut, "products", products.advise(*fitted))
        await _attempt(source, cut, "cross-sell", cross_sell.pair(*fitted))
        await _attempt(source, cut, "values", actions.price(source, cut))
        await _attempt(source, cut, "frauds", frauds.learn(source, self._run, cut))
        await _attempt(source, cut, "scores", scores.publish(source, cut))
        await scores.finish(source, cut)

    def _settled(self, cut: date, sold: int) -> bool:
        """False while sales from before the cut still pour in: on the wall clock an import is no reason to wait for
        the watermark, and a forecast made of half of it would stand for good.
        """
        before, self._seen = self._seen, (cut, sold)
        return before is not None and before[0] == cut and sold <= before[1] * _STILL_GROWING
