"""The weekly forecasts of one cut: read, fit in processes apart, publish in one transaction."""

from asyncio import Semaphore, gather
from collections.abc import Sequence
from datetime import date
from time import monotonic

import structlog

from services.forecasting.cuts import commands as cuts
from services.forecasting.fitting import works
from services.forecasting.fitting.process import FittingFailed, Run
from services.forecasting.forecasts import commands as forecasts
from services.forecasting.forecasts.domain.outlook import Asked, Outlook
from services.forecasting.indicators.domain import Weekly
from services.forecasting.settings import ForecastingSettings

log = structlog.get_logger()
_AT_ONCE = 10
_BACKTESTS = "weekly:backtests"

Made = dict[str, list[Outlook]]


async def forecast(source: cuts.Source, run: Run, settings: ForecastingSettings, cut: date) -> int:
    """Publish a forecast of every department that sold before the cut; the number of them.

    A series that nothing can be made of is set aside with the reason, and the others are published. Each cut is opened
    by exactly one instance; fitting the same cut twice is only lost work. Outlooks from the cut come first; those of
    earlier origins, the newest first, as far as the budget goes. How many it left out is told beside what is set aside;
    the next cut asks for its own that are missing.
    """
    end = monotonic() + settings.fitting_budget.total_seconds()
    async with source.read() as tx:
        tracks, failed = await forecasts.load_tracks(
            tx, cut, settings.history_weeks, settings.backtests, settings.most_series
        )
        indicators = await forecasts.load_indicators(tx, tracks, cut)
    made: Made = {}
    left_out = 0
    for place, origins in enumerate(forecasts.missing_origins(tracks, cut, settings.backtests)):
        asked = [one for one in origins if one.series not in failed]
        outlooks, reasons = await _make_all(run, asked, indicators, settings.processes, end if place else None)
        for name, found in outlooks.items():
            made.setdefault(name, []).extend(found)
        failed |= reasons
        left_out += len(asked) - len(outlooks) - len(reasons)
    if left_out:
        failed[_BACKTESTS] = (
            f"{left_out} outlooks of earlier origins: the budget was spent; the next cut makes up for them"
        )
        log.info("backtests_cut_short", cut=cut.isoformat(), outlooks=left_out)
    made = {name: outlooks for name, outlooks in made.items() if name not in failed}
    async with source.transaction() as tx:
        if not await cuts.open_cut(tx, cut):
            return 0
        published = await forecasts.publish_forecasts(tx, cut, tracks, made, failed)
    log.info("forecasts_published", cut=cut.isoformat(), series=published, set_aside=len(failed))
    return published


async def _make_all(
    run: Run, asked: Sequence[Asked], indicators: Sequence[Weekly], processes: int, end: float | None
) -> tuple[Made, forecasts.Reasons]:
    """Side by side in as many processes as there are; what is not begun by the `end` is left out."""
    parts = [asked[begin : begin + _AT_ONCE] for begin in range(0, len(asked), _AT_ONCE)]
    turns = Semaphore(processes)

    async def make(part: Sequence[Asked]) -> tuple[Made, forecasts.Reasons]:
        async with turns:
            return ({}, {}) if end is not None and monotonic() > end else await _make(run, part, indicators)

    made: Made = {}
    failed: forecasts.Reasons = {}
    for outlooks, reasons in await gather(*map(make, parts)):
        made |= outlooks
        failed |= reasons
    return made, failed


async def _make(run: Run, asked: Sequence[Asked], indicators: Sequence[Weekly]) -> tuple[Made, forecasts.Reasons]:
    """Outlooks of all at once; where that fails, each alone, so that only what fails by itself is set aside."""
    try:
        return await run(works.make_outlooks, asked, indicators), {}
    except FittingFailed as error:
        if len(asked) == 1:
            return {}, {asked[0].series: str(error)}
    made: Made = {}
    failed: forecasts.Reasons = {}
    for one in asked:
        outlooks, reasons = await _make(run, [one], indicators)
        made |= outlooks
        failed |= reasons
    return made, failed
