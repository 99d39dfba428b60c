"""The weekly forecasts of one cut: read, fit in the process apart, publish in one transaction."""

from datetime import date

import structlog

from services.forecasting.cuts import commands as cuts
from services.forecasting.fitting import works
from services.forecasting.fitting.process import Run
from services.forecasting.forecasts import commands as forecasts
from services.forecasting.forecasts.domain.outlook import Asked
from services.forecasting.settings import ForecastingSettings

log = structlog.get_logger()


async def forecast(source: cuts.Source, run: Run, settings: ForecastingSettings, cut: date) -> int:
    """Publish a forecast of every department with enough weeks; the number of them.

    Each cut is opened by exactly one instance; fitting the same cut twice is only lost work.
    """
    async with source.read() as tx:
        tracks = await forecasts.load_tracks(tx, cut, settings.history_weeks, settings.backtests)
    asked = [
        Asked(one.id, track.first_week, track.values, frozenset(outlook.origin for outlook in track.outlooks))
        for one, track in tracks.items()
    ]
    made = await run(works.make_outlooks, asked, cut, settings.backtests)
    async with source.transaction() as tx:
        if not await cuts.open_cut(tx, cut):
            return 0
        published = await forecasts.publish_forecasts(tx, cut, tracks, made)
    log.info("forecasts_published", cut=cut.isoformat(), series=published)
    return published
