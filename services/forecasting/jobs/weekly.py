"""The weekly forecasts of one cut: read, fit in the process apart, publish in one transaction."""

from dataclasses import replace
from datetime import date, timedelta
from operator import attrgetter

import structlog

from services.forecasting import store
from services.forecasting.domain.forecast import MODEL, Fitted, publish, quality_of
from services.forecasting.domain.outlook import HORIZON, Outlook, Track
from services.forecasting.domain.series import NO_DEPARTMENT, DepartmentWeek
from services.forecasting.domain.weeks import WEEK, instant, week_of
from services.forecasting.model.process import Fit
from services.forecasting.settings import ForecastingSettings
from services.forecasting.sight import Sight
from shared.engine.event import Emission
from shared.engine.transaction import Transaction

log = structlog.get_logger()
_LOOK = "services.forecasting.model.weekly:look_back_and_ahead"

Tracks = dict[DepartmentWeek, Track]


async def forecast(sight: Sight, fit: Fit, settings: ForecastingSettings, cut: date) -> int:
    """Publish a forecast of every department with enough weeks; the number of them.

    Each cut is opened by exactly one instance; fitting the same cut twice is only lost work.
    """
    tracks = await _read(sight, settings, cut)
    asked = [
        (one.id, track.first_week, track.values, {o.origin for o in track.outlooks}) for one, track in tracks.items()
    ]
    made: dict[str, list[Outlook]] = await fit(_LOOK, asked, cut, settings.backtests)
    async with sight.service.transaction() as tx:
        if not await store.open_job(tx, cut):
            return 0
        return await _publish(tx, tracks, made, cut)


async def _publish(tx: Transaction, tracks: Tracks, made: dict[str, list[Outlook]], cut: date) -> int:
    fitted = [_fitted(one, track, made[one.id]) for one, track in tracks.items() if one.id in made]
    if not fitted:
        return 0
    await store.save_series(tx, ((one.series, one.track.first_week) for one in fitted))
    await store.save_outlooks(tx, made)
    latest = await store.latest_forecasts(tx, [one.series.id for one in fitted])
    forecasts = publish(cut, fitted, latest, tx.now)
    await store.save_forecasts(tx, cut, forecasts)
    await store.save_model(tx, MODEL, cut, {"series": len(forecasts)}, quality_of(forecasts))
    tx.emit(Emission(data=one, time=instant(cut), id=one.forecast_id) for one in forecasts)
    log.info("forecasts_published", cut=cut.isoformat(), series=len(forecasts))
    return len(forecasts)


def _fitted(one: DepartmentWeek, track: Track, made: list[Outlook]) -> Fitted:
    *behind, newest = made
    outlooks = sorted((*track.outlooks, *behind), key=attrgetter("origin"))
    return Fitted(one, replace(track, outlooks=tuple(outlooks)), newest)


async def _read(sight: Sight, settings: ForecastingSettings, cut: date) -> Tracks:
    """Every department's whole weeks before the cut, with the outlooks that are known of its last origins."""
    async with sight.sales() as tx:
        opening = await store.first_day(tx)
        if opening is None or opening >= cut:
            return {}
        begin = max(week_of(opening + timedelta(days=6)), cut - WEEK * settings.history_weeks)
        sold = await store.load_department_weeks(tx, begin, cut, NO_DEPARTMENT)
        oldest = cut - WEEK * HORIZON * settings.backtests
        outlooks = await store.load_outlooks(tx, [one.id for one in sold], oldest, cut)
    return {
        one: Track(first, _values(weeks, first, cut), tuple(o for o in outlooks.get(one.id, ()) if o.origin > first))
        for one, weeks in sold.items()
        for first in (min(weeks),)
    }


def _values(weeks: dict[date, int], first: date, cut: date) -> tuple[float, ...]:
    """From the department's own first week on; a week without sales is a zero."""
    return tuple(float(weeks.get(first + WEEK * i, 0)) for i in range((cut - first) // WEEK))
