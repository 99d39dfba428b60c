"""Once a second: has the watermark passed a cut whose forecasts and scores do not stand yet?"""

import asyncio
from datetime import date

from services.forecasting import store
from services.forecasting.domain.weeks import last_cut
from services.forecasting.jobs import scores, weekly
from services.forecasting.model.process import Fit, Fitting
from services.forecasting.settings import ForecastingSettings
from services.forecasting.sight import Sight, Source

_STILL_GROWING = 1.01
"""More than a hundredth from one look to the next."""


class Jobs:
    """A worker of the service. Several instances may run it: a cut is published once, whoever comes first."""

    def __init__(self, settings: ForecastingSettings, fit: Fit | None = None) -> None:
        self._settings = settings
        self._fitting = Fitting()
        self._fit = fit or self._fitting.run
        self._seen: tuple[date, int] | None = None

    async def run(self, service: Source) -> None:
        """Until cancelled; errors end it, and the engine starts it again."""
        sight = Sight(service)
        try:
            while True:
                await self.step(sight)
                await asyncio.sleep(self._settings.poll_s)
        finally:
            await self._fitting.stop()

    async def step(self, sight: Sight) -> date | None:
        """Do the newest cut that is due, if any, or finish scoring; the cut that was worked on.

        Cuts that passed meanwhile (a catch-up over years, a slow machine) are left out: nobody waits for them.
        """
        counted = await sight.counted()
        if counted is None:
            return None
        cut = last_cut(counted, self._settings.refit_every)
        async with sight.sales() as tx:
            sold, last = await store.count_sales(tx, cut), await store.last_job(tx)
        if not sold:
            return None
        if last is None or last[0] < cut:
            if not self._settled(cut, sold):
                return None
            await weekly.forecast(sight, self._fit, self._settings, cut)
        elif last[1]:
            return None
        else:
            cut = last[0]
        await scores.score(sight, self._fit, self._settings, cut)
        return cut

    def _settled(self, cut: date, sold: int) -> bool:
        """False while sales from before the cut still pour in: on the wall clock an import is no reason to wait for
        the watermark, and a forecast made of half of it would stand for good.
        """
        before, self._seen = self._seen, (cut, sold)
        return before is not None and before[0] == cut and sold <= before[1] * _STILL_GROWING
