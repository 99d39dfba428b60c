"""The weekly forecasts of one cut: read, fit in the process apart, publish in one transaction."""

from collections.abc import Sequence
from datetime import date

import structlog

from services.forecasting.cuts import commands as cuts
from services.forecasting.fitting import works
from services.forecasting.fitting.process import FittingFailed, Run
from services.forecasting.forecasts import commands as forecasts
from services.forecasting.forecasts.domain.outlook import Asked, Outlook
from services.forecasting.settings import ForecastingSettings

log = structlog.get_logger()
_AT_ONCE = 25

Made = dict[str, list[Outlook]]


async def forecast(source: cuts.Source, run: Run, settings: ForecastingSettings, cut: date) -> int:
    """Publish a forecast of every department with enough weeks; the number of them.

    A series that nothing can be made of is set aside with the reason, and the others are published. Each cut is opened
    by exactly one instance; fitting the same cut twice is only lost work.
    """
    async with source.read() as tx:
        tracks, failed = await forecasts.load_tracks(
            tx, cut, settings.history_weeks, settings.backtests, settings.most_series
        )
    asked = [
        Asked(one.id, track.first_week, track.values, frozenset(outlook.origin for outlook in track.outlooks))
        for one, track in tracks.items()
    ]
    made: Made = {}
    for begin in range(0, len(asked), _AT_ONCE):
        outlooks, reasons = await _make(run, asked[begin : begin + _AT_ONCE], cut, settings.backtests)
        made |= outlooks
        failed |= reasons
    async with source.transaction() as tx:
        if not await cuts.open_cut(tx, cut):
            return 0
        published = await forecasts.publish_forecasts(tx, cut, tracks, made, failed)
    log.info("forecasts_published", cut=cut.isoformat(), series=published, set_aside=len(failed))
    return published


async def _make(run: Run, asked: Sequence[Asked], cut: date, backtests: int) -> tuple[Made, forecasts.Reasons]:
    """Outlooks of all at once; where that fails, each alone, so that only what fails by itself is set aside."""
    try:
        return await run(works.make_outlooks, asked, cut, backtests), {}
    except FittingFailed as error:
        if len(asked) == 1:
            return {}, {asked[0].series: str(error)}
    made: Made = {}
    failed: forecasts.Reasons = {}
    for one in asked:
        outlooks, reasons = await _make(run, [one], cut, backtests)
        made |= outlooks
        failed |= reasons
    return made, failed
