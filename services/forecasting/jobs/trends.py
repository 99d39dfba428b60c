"""Trends of what is sold, looked for anew at each cut."""

from datetime import date

import structlog

from services.forecasting.cuts import commands as cuts
from services.forecasting.fitting import works
from services.forecasting.fitting.process import FittingFailed, Run
from services.forecasting.settings import ForecastingSettings
from services.forecasting.trends import commands as trends

log = structlog.get_logger()
_PAGE = 250
"""So few are told at a time that the loop serves others in between, and that a transaction may tell them."""


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
    async with source.read() as tx:
        news, over = await trends.decide_on(tx, found, end, cut)
    detected = cleared = 0
    for begin in range(0, len(over), _PAGE):  # first, for a series has one open trend
        async with source.transaction() as tx:
            cleared += await trends.clear(tx, over[begin : begin + _PAGE], cut)
    for begin in range(0, len(news), _PAGE):
        async with source.transaction() as tx:
            detected += await trends.detect(tx, news[begin : begin + _PAGE], cut)
    log.info("trends_told", cut=cut.isoformat(), detected=detected, cleared=cleared)
