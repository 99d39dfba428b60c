"""Trends of what is sold, looked for anew at each cut."""

from datetime import date

import structlog

from services.forecasting.cuts import commands as cuts
from services.forecasting.fitting import works
from services.forecasting.fitting.process import FittingFailed, Run
from services.forecasting.settings import ForecastingSettings
from services.forecasting.trends import commands as trends

log = structlog.get_logger()


async def look(source: cuts.Source, run: Run, settings: ForecastingSettings, cut: date) -> None:
    """Tell what the cut shows, once, however often it is done; where that fails, what was told stands."""
    async with source.read() as tx:
        watched, end = await trends.load_watched(tx, cut, settings.history_weeks, settings.most_series)
    try:
        found = await run(works.find_trends, watched)
    except FittingFailed as error:
        async with source.transaction() as tx:
            await cuts.set_aside(tx, cut, {"trends": str(error)})
        return
    async with source.transaction() as tx:
        detected, cleared = await trends.tell(tx, found, end, cut)
    log.info("trends_told", cut=cut.isoformat(), detected=detected, cleared=cleared)
