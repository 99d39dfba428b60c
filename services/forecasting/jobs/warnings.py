"""Warnings: raised at each cut, cleared as soon as what they wait for has come."""

from datetime import date, datetime
from uuid import UUID

import structlog

from services.forecasting.cuts import commands as cuts
from services.forecasting.cuts.domain import day_of
from services.forecasting.fitting import works
from services.forecasting.fitting.process import FittingFailed, Run
from services.forecasting.scores import commands as scores
from services.forecasting.settings import ForecastingSettings
from services.forecasting.warnings import commands as warnings

log = structlog.get_logger()
_PAGE = 200
_OPEN = 500
_FIRST = UUID(int=0)


async def warn(source: cuts.Source, run: Run, settings: ForecastingSettings, cut: date) -> None:
    """Raise what the cut tells. Done again after a stop it raises nothing twice."""
    async with source.read() as tx:
        fitted = await scores.find_fitted(tx)
        sold = await warnings.load_sold(tx, cut, settings.most_series)
    raised, after, more = 0, None, True
    while more:
        async with source.transaction() as tx:
            found, after = await warnings.warn_of_parties(tx, fitted, after, cut, _PAGE)
        raised, more = raised + found, after is not None
    async with source.transaction() as tx:
        raised += await warnings.warn_of_forecasts(tx, cut)
    try:
        unusual = await run(works.find_unusual, sold)
    except FittingFailed as error:
        async with source.transaction() as tx:
            await cuts.set_aside(tx, cut, {"warnings:demand": str(error)})
    else:
        async with source.transaction() as tx:
            raised += await warnings.warn_of_demand(tx, cut, unusual)
    log.info("warnings_raised", cut=cut.isoformat(), warnings=raised)


class Settling:
    """Looks at the open warnings, a page at a time, so that any number of them costs the same at each look; and once a
    day at how many tickets are open.
    """

    def __init__(self) -> None:
        self._after = _FIRST
        self._looked: date | None = None

    async def step(self, source: cuts.Source, watermark: datetime) -> None:
        async with source.read() as tx:
            ended, self._after = await warnings.find_settled(tx, day_of(watermark), self._after, _OPEN)
            news, over = await warnings.find_disputed(tx)
            if (today := day_of(watermark)) != self._looked:
                more, calm = await warnings.find_backlog(tx, today)
                news, over = [*news, *more], [*over, *calm]
        if ended or news or over:
            async with source.transaction() as tx:
                await warnings.tell(tx, news, [*ended, *over])
            log.info("warnings_settled", raised=len(news), cleared=len(ended) + len(over))
        self._looked = today
