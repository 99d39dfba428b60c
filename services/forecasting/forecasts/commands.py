"""The weekly forecasts of one cut: what they are made from, and their publication."""

from asyncio import to_thread
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from operator import attrgetter

from services.forecasting.cuts import commands as cuts
from services.forecasting.cuts.domain import WEEK, instant
from services.forecasting.forecasts import store
from services.forecasting.forecasts.domain.forecast import MODEL, combined, publish, quality_of
from services.forecasting.forecasts.domain.outlook import WEEKLY, Asked, Outlook, Track, origins
from services.forecasting.indicators import commands as indicators
from services.forecasting.indicators.domain import Weekly
from services.forecasting.models import commands as models
from services.forecasting.series import commands as series
from services.forecasting.series.domain import DepartmentWeek, fill
from shared.engine.event import Emission
from shared.engine.transaction import Transaction
from shared.events.insights import ForecastPoint

Tracks = Mapping[DepartmentWeek, Track]
Reasons = dict[str, str]
"""Why something is set aside, by the name of the series."""
FEWEST_BEHIND = 8
"""Weeks of history that an origin of a backtest needs."""
_BEFORE = 26
"""Weeks of an indicator that are known before the first of the series, so that its level is."""
_INDICATORS = 50
_OTHERS = "sales:department:*"


async def load_tracks(
    tx: Transaction, cut: date, history_weeks: int, backtests: int, most: int
) -> tuple[Tracks, Reasons]:
    """The whole weeks before the cut of the `most` departments that sold most, with the outlooks that are known of
    their last origins; and what is set aside of the others.
    """
    opening, end = await series.find_first_whole_week(tx), await series.find_whole_end(tx, cut)
    if opening is None or opening >= end:
        return {}, {}
    begin = max(opening, cut - WEEK * history_weeks)
    sold, known = await series.load_department_weeks(tx, begin, end, most)
    others = {_OTHERS: f"{known - len(sold)} that sold least: {most} are forecast"} if known > len(sold) else {}
    oldest = cut - WEEK * WEEKLY.horizon * backtests
    outlooks = await store.load_outlooks(tx, [one.id for one in sold], oldest, cut)
    tracks = {
        one: Track(first, fill(weeks, first, end), tuple(o for o in outlooks.get(one.id, ()) if o.origin > first))
        for one, weeks in sold.items()
        for first in (min(weeks),)
    }
    return tracks, others


async def load_indicators(tx: Transaction, tracks: Tracks, cut: date) -> Sequence[Weekly]:
    """What was said of the market in the weeks of the series and before, up to the cut."""
    if not tracks:
        return ()
    begin = min(track.first for track in tracks.values())
    return await indicators.load_weekly(tx, begin - WEEK * _BEFORE, cut, _INDICATORS)


def missing_origins(tracks: Tracks, cut: date, backtests: int) -> list[list[Asked]]:
    """What is to be fitted: of every series from the cut on, then of every one from the origin before, and so on."""
    rounds: list[list[Asked]] = [[] for _ in range(backtests + 1)]
    for one, track in tracks.items():
        known = {outlook.origin for outlook in track.outlooks}
        behind = origins(cut, track.first, backtests, FEWEST_BEHIND)
        for place, origin in enumerate([cut, *behind]):
            if origin not in known:
                rounds[place].append(Asked(one.id, track.first, track.values, (origin,)))
    return [asked for asked in rounds if asked]


async def publish_forecasts(
    tx: Transaction, cut: date, tracks: Tracks, made: Mapping[str, list[Outlook]], failed: Reasons
) -> int:
    """Publish a forecast of every series that outlooks were made of, and set the failed ones aside; the number of
    forecasts.
    """
    joined = {one: _joined(track, made[one.id]) for one, track in tracks.items() if one.id in made}
    fitted = await to_thread(combined, joined)  # of many series it takes seconds, and the loop has others to serve
    kept = {one: track.first for one, track in tracks.items() if one.id in made or one.id in failed}
    await series.save_series(tx, kept)
    await store.save_outlooks(tx, {one.id: track.outlooks for one, track in fitted.items()})
    newest = await store.find_newest_forecasts(tx, [one.id for one in fitted])
    forecasts, beyond = await to_thread(publish, cut, fitted, newest, tx.now)
    await cuts.set_aside(tx, cut, failed | beyond)
    if forecasts:
        await store.save_forecasts(tx, cut, forecasts)
        await models.save_model(tx, MODEL, cut, {"series": len(forecasts)}, quality_of(forecasts))
        tx.emit(Emission(data=one, time=instant(cut), id=one.forecast_id) for one in forecasts)
    return len(forecasts)


async def load_said(tx: Transaction, cut: date) -> list[tuple[str, date, str, list[ForecastPoint]]]:
    """What was said of the weeks before the cut, a horizon back at most: series, its cut, model and weeks."""
    return await store.load_said(tx, cut - WEEK * WEEKLY.horizon, cut)


def _joined(track: Track, made: list[Outlook]) -> Track:
    return replace(track, outlooks=tuple(sorted((*track.outlooks, *made), key=attrgetter("origin"))))
