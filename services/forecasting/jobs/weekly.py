"""The weekly forecasts of one cut: read, fitted in processes apart, told in pages.

Each page is a transaction of its own, and what is done stands: a cut that was stopped goes on where it was, with the
outlooks that are made already, and a forecast that was told is not told again. The cut is opened behind the last page.
"""

from asyncio import Semaphore, gather, to_thread
from collections.abc import Iterator, Sequence
from datetime import date
from itertools import islice
from time import monotonic

import structlog

from services.forecasting.cuts import commands as cuts
from services.forecasting.fitting import works
from services.forecasting.fitting.process import FittingFailed, Run
from services.forecasting.forecasts import commands as forecasts
from services.forecasting.forecasts.domain.calibration import FactorsAt
from services.forecasting.forecasts.domain.forecast import Standard
from services.forecasting.forecasts.domain.outlook import Asked, Outlook
from services.forecasting.indicators.domain import Weekly
from services.forecasting.settings import ForecastingSettings

log = structlog.get_logger()
PAGE = 250
_AT_ONCE = 10
_BACKTESTS = "weekly:backtests"

Made = dict[str, list[Outlook]]


async def forecast(source: cuts.Source, run: Run, settings: ForecastingSettings, cut: date) -> int:
    """Publish a forecast of every department that sold before the cut; the number of those that are new.

    A series that nothing can be made of is set aside with the reason, and the others are published. Two instances that
    work on the same cut tell each series once; fitting it twice is only lost work.
    """
    async with source.read() as tx:
        tracks, failed = await forecasts.load_tracks(tx, cut, settings.history_weeks, settings.most_series)
        indicators = await forecasts.load_indicators(tx, tracks, cut)
    failed |= await _fit(source, run, settings, cut, tracks, indicators)
    sound = {one: track for one, track in tracks.items() if one.id not in failed}
    standard, factors = await _judge(source, settings, cut, sound)
    published, beyond = await _tell(source, settings, cut, sound, standard, factors)
    failed |= beyond
    async with source.transaction() as tx:
        closed = await forecasts.close(tx, cut, tracks, failed)
    if closed:
        log.info("forecasts_published", cut=cut.isoformat(), series=published, set_aside=len(failed))
    return published


async def _fit(
    source: cuts.Source,
    run: Run,
    settings: ForecastingSettings,
    cut: date,
    tracks: forecasts.Tracks,
    indicators: Sequence[Weekly],
) -> forecasts.Reasons:
    """Make the outlooks that are missing: those from the cut first, then those of earlier origins, the newest first, as
    far as the budget goes. How many it left out is told beside what is set aside; the next cut asks for its own that
    are missing.
    """
    end = monotonic() + settings.fitting_budget.total_seconds()
    by_name = {one.id: one for one in tracks}
    async with source.read() as tx:
        known = await forecasts.load_origins(tx, tracks, cut, settings.backtests)
    failed: forecasts.Reasons = {}
    left_out = 0
    for back in range(settings.backtests + 1):
        missing = await to_thread(forecasts.missing_outlooks, tracks, known, cut, back)
        asked = [one for one in missing if one.series not in failed]
        for begin in range(0, len(asked), PAGE):
            page = asked[begin : begin + PAGE]
            made, reasons = await _make_all(run, page, indicators, settings.processes, end if back else None)
            if made:
                async with source.transaction() as tx:
                    await forecasts.keep_outlooks(tx, {by_name[one]: tracks[by_name[one]] for one in made}, made)
            failed |= reasons
            left_out += len(page) - len(made) - len(reasons)
    if left_out:
        failed[_BACKTESTS] = (
            f"{left_out} outlooks of earlier origins: the budget was spent; the next cut makes up for them"
        )
        log.info("backtests_cut_short", cut=cut.isoformat(), outlooks=left_out)
    return failed


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


async def _judge(
    source: cuts.Source, settings: ForecastingSettings, cut: date, tracks: forecasts.Tracks
) -> tuple[Standard, FactorsAt]:
    """By what all outlooks are weighed and widened; beside the loop, which has others to serve."""
    standard = Standard()
    for look in (standard.weigh, standard.judge):
        for page in _pages(tracks):
            async with source.read() as tx:
                known = await forecasts.load_outlooks(tx, page, cut, settings.backtests)
            await to_thread(look, known.values())
    return standard, await to_thread(standard.factors)


async def _tell(
    source: cuts.Source,
    settings: ForecastingSettings,
    cut: date,
    tracks: forecasts.Tracks,
    standard: Standard,
    factors: FactorsAt,
) -> tuple[int, forecasts.Reasons]:
    """How many forecasts are new, and of which series none could be made."""
    async with source.read() as tx:
        told = await forecasts.find_told(tx, tracks, cut)
    published = 0
    failed: forecasts.Reasons = {}
    for page in _pages({one: track for one, track in tracks.items() if one.id not in told}):
        async with source.read() as tx:
            known = await forecasts.load_outlooks(tx, page, cut, settings.backtests)
        combined = await to_thread(standard.combined, known)
        async with source.transaction() as tx:
            new, reasons = await forecasts.tell(tx, cut, combined, factors)
        published += new
        failed |= reasons
    return published, failed


def _pages(tracks: forecasts.Tracks) -> Iterator[forecasts.Tracks]:
    left = iter(tracks.items())
    while page := dict(islice(left, PAGE)):
        yield page
