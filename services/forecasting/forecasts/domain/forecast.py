"""From outlooks to what is published: calibrated intervals, a backtest beside naive, the forecast that it replaces."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, replace
from datetime import date, datetime
from statistics import fmean
from uuid import UUID

from services.forecasting.cuts.domain import instant
from services.forecasting.forecasts.domain.combination import combine
from services.forecasting.forecasts.domain.intervals import Factors
from services.forecasting.forecasts.domain.outlook import Indicator, Outlook, Scale, Track, backtest, factors_at
from services.forecasting.series.domain import DepartmentWeek
from shared.events.figures import require_finite
from shared.events.insights import Backtest, ForecastPoint, ForecastPublished, IndicatorUsed
from shared.ids import derived_id

MODEL = "weekly"


def combined(tracks: Mapping[DepartmentWeek, Track]) -> dict[DepartmentWeek, Track]:
    """The tracks with the candidates of every outlook combined; the last outlook of each is from the cut on."""
    return dict(zip(tracks, combine(list(tracks.values())), strict=True))


def publish(
    cut: date, tracks: Mapping[DepartmentWeek, Track], latest: Mapping[str, UUID], recorded_at: datetime
) -> tuple[list[ForecastPublished], dict[str, str]]:
    """One forecast a series, sorted by series; `latest` are the forecasts in force. Same input, same ids.

    Beside them, by series, why one could not be made: its numbers are beyond what can be calculated with.
    """
    starts = {outlook.origin for track in tracks.values() for outlook in track.outlooks}
    factors = {origin: factors_at(origin, tracks.values()) for origin in starts}
    forecasts, failed = [], {}
    for series, track in sorted(tracks.items(), key=lambda one: one[0].id):
        try:
            forecasts.append(require_finite(_forecast(cut, series, track, factors, latest.get(series.id), recorded_at)))
        except (ArithmeticError, ValueError) as error:
            failed[series.id] = f"forecast: {type(error).__name__}: {error}"
    return forecasts, failed


def quality_of(forecasts: Iterable[ForecastPublished]) -> dict[str, dict[str, float]]:
    """By model: the mean backtest of its series, and how many have one. Apart, because a sparse series says little."""
    tests: defaultdict[str, list[Backtest]] = defaultdict(list)
    for one in forecasts:
        if one.backtest is not None:
            tests[one.model].append(one.backtest)
    names = [entry.name for entry in fields(Backtest)]
    return {
        model: {"series": len(found), **{name: fmean(getattr(test, name) for test in found) for name in names}}
        for model, found in tests.items()
    }


def _forecast(
    cut: date,
    series: DepartmentWeek,
    track: Track,
    factors: Mapping[date, Mapping[Scale, Sequence[Factors]]],
    supersedes: UUID | None,
    recorded_at: datetime,
) -> ForecastPublished:
    newest = track.outlooks[-1]
    return ForecastPublished(
        forecast_id=derived_id("forecast", series.id, cut),
        series=series.id,
        cut=instant(cut),
        horizon=track.cadence.horizon,
        unit=series.unit,
        points=_points(track, newest, factors[cut][newest.scale]),
        model=newest.model,
        recorded_at=recorded_at,
        backtest=backtest(replace(track, outlooks=track.outlooks[:-1]), factors),
        supersedes=supersedes,
        indicator=_announced(newest.indicator),
    )


def _announced(used: Indicator | None) -> IndicatorUsed | None:
    if used is None:
        return None
    return IndicatorUsed(series=used.series, weight=round(used.weight, 6), effect=round(used.effect))


def _points(track: Track, outlook: Outlook, factors: Sequence[Factors]) -> list[ForecastPoint]:
    """Whole minor units: a forecast of cents is precise enough."""
    return [
        ForecastPoint(
            at=instant(outlook.origin + track.cadence.every * ahead),
            mean=round(span.mean),
            lo80=round(span.lo80),
            hi80=round(span.hi80),
            lo95=round(span.lo95),
            hi95=round(span.hi95),
        )
        for ahead, span in enumerate(track.ranges(outlook, factors))
    ]
