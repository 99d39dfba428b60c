"""The weekly forecasts of one cut: what they are made from, and their publication."""

from asyncio import to_thread
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date
from operator import attrgetter

from services.forecasting.cuts import commands as cuts
from services.forecasting.cuts.domain import WEEK, instant
from services.forecasting.forecasts import store
from services.forecasting.forecasts.domain.calibration import FactorsAt
from services.forecasting.forecasts.domain.forecast import MODEL, publish
from services.forecasting.forecasts.domain.outlook import WEEKLY, Asked, Outlook, Track, origins
from services.forecasting.indicators import commands as indicators
from services.forecasting.indicators.domain import Weekly
from services.forecasting.models import commands as models
from services.forecasting.series import commands as series
from services.forecasting.series.domain import DepartmentWeek
from shared.engine.event import Emission
from shared.engine.transaction import Transaction
from shared.events.insights import ForecastPoint

Tracks = Mapping[DepartmentWeek, Track]
Origins = Mapping[str, Collection[date]]
"""By the name of the series."""
Reasons = dict[str, str]
"""Why something is set aside, by the name of the series."""
FEWEST_BEHIND = 8
"""Weeks of history that an origin of a backtest needs."""
_BEFORE = 26
"""Weeks of an indicator that are known before the first of the series, so that its level is."""
_INDICATORS = 50
_OTHERS = "sales:department:*"


async def load_tracks(tx: Transaction, cut: date, history_weeks: int, most: int) -> tuple[Tracks, Reasons]:
    """The whole weeks before the cut of the `most` departments that sold most, by id and without outlooks; and what is
    set aside of the others.
    """
    opening, end = await series.find_first_whole_week(tx), await series.find_whole_end(tx, cut)
    if opening is None or opening >= end:
        return {}, {}
    sold, known = await series.load_department_weeks(tx, max(opening, cut - WEEK * history_weeks), end, most)
    others = {_OTHERS: f"{known - len(sold)} that sold least: {most} are forecast"} if known > len(sold) else {}
    return {one: Track(sold[one].first, sold[one].values) for one in sorted(sold, key=attrgetter("id"))}, others


async def load_outlooks(tx: Transaction, tracks: Tracks, cut: date, backtests: int) -> Tracks:
    """The tracks that have any with their outlooks from the cut and the origins before it."""
    found = await store.load_outlooks(tx, [one.id for one in tracks], _oldest(cut, backtests), cut)
    with_them = {
        one: replace(track, outlooks=tuple(o for o in found.get(one.id, ()) if o.origin > track.first))
        for one, track in tracks.items()
    }
    return {one: track for one, track in with_them.items() if track.outlooks}


async def load_origins(tx: Transaction, tracks: Tracks, cut: date, backtests: int) -> Origins:
    """From which origins there are outlooks already."""
    return await store.load_origins(tx, [one.id for one in tracks], _oldest(cut, backtests), cut)


async def find_told(tx: Transaction, tracks: Tracks, cut: date) -> set[str]:
    """The series of which the forecast of the cut was published already."""
    return await store.find_told(tx, [one.id for one in tracks], cut)


async def load_indicators(tx: Transaction, tracks: Tracks, cut: date) -> Sequence[Weekly]:
    """What was said of the market in the weeks of the series and before, up to the cut."""
    if not tracks:
        return ()
    begin = min(track.first for track in tracks.values())
    return await indicators.load_weekly(tx, begin - WEEK * _BEFORE, cut, _INDICATORS)


def missing_outlooks(tracks: Tracks, known: Origins, cut: date, back: int) -> list[Asked]:
    """What is to be fitted from the cut on (`back` 0), or from the origin so many horizons before it."""
    origin = cut - WEEK * WEEKLY.horizon * back
    return [
        Asked(one.id, track.first, track.values, (origin,))
        for one, track in tracks.items()
        if (not back or origin in origins(cut, track.first, back, FEWEST_BEHIND))
        and origin not in known.get(one.id, ())
    ]


async def keep_outlooks(tx: Transaction, tracks: Tracks, made: Mapping[str, list[Outlook]]) -> None:
    """So that they need not be made again, whatever happens before they are told."""
    await series.save_series(tx, {one: track.first for one, track in tracks.items() if one.id in made})
    await store.save_outlooks(tx, made)


async def tell(tx: Transaction, cut: date, tracks: Tracks, factors: FactorsAt) -> tuple[int, Reasons]:
    """Publish a forecast of each of these series, whose outlooks are combined, once; the number of those that are new,
    and what none could be made of.
    """
    newest = await store.find_newest_forecasts(tx, [one.id for one in tracks], cut)
    forecasts, failed = await to_thread(publish, cut, tracks, factors, newest, tx.now)
    new = await store.save_forecasts(tx, cut, forecasts)
    told = [one for one in forecasts if one.forecast_id in new]
    names = {one.series for one in told}
    await store.say_outlooks(tx, {one.id: track.outlooks for one, track in tracks.items() if one.id in names})
    tx.emit(Emission(data=one, time=instant(cut), id=one.forecast_id) for one in told)
    return len(told), failed


async def close(tx: Transaction, cut: date, tracks: Tracks, failed: Reasons) -> bool:
    """All that can be told is told: open the cut for what it has beside forecasts. False where another instance did.

    What failed of a series that was told before a stop, or by another instance, sets nothing aside.
    """
    if not await cuts.open_cut(tx, cut):
        return False
    names = [one.id for one in tracks]
    told = await store.find_told(tx, names, cut)
    left = {name: reason for name, reason in failed.items() if name not in told}
    await series.save_series(tx, {one: track.first for one, track in tracks.items() if one.id in left})
    await cuts.set_aside(tx, cut, left)
    if told:
        quality = await store.measure_forecasts(tx, names, cut)
        await models.save_model(tx, MODEL, cut, {"series": len(told)}, quality)
    return True


async def load_said(
    tx: Transaction, cut: date, after: str, limit: int
) -> list[tuple[str, date, str, list[ForecastPoint]]]:
    """What was said of the weeks before the cut, a horizon back at most: series, its cut, model and weeks; of the next
    `limit` series after one.
    """
    return await store.load_said(tx, cut - WEEK * WEEKLY.horizon, cut, after, limit)


def _oldest(cut: date, backtests: int) -> date:
    return cut - WEEK * WEEKLY.horizon * backtests
