"""From outlooks to what is published: calibrated intervals, a backtest beside naive, the forecast that it replaces."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime
from statistics import fmean
from uuid import UUID

from services.forecasting.cuts.domain import WEEK, instant
from services.forecasting.forecasts.domain.intervals import Factors
from services.forecasting.forecasts.domain.outlook import HORIZON, Outlook, Scale, Track, backtest, factors_at
from services.forecasting.series.domain import DepartmentWeek
from shared.events.insights import Backtest, ForecastPoint, ForecastPublished
from shared.ids import derived_id

MODEL = "weekly"


@dataclass(frozen=True, slots=True)
class Fitted:
    """A series with its history and earlier outlooks, and the outlook from the cut on."""

    series: DepartmentWeek
    track: Track
    newest: Outlook


def publish(
    cut: date, fitted: list[Fitted], latest: Mapping[str, UUID], recorded_at: datetime
) -> tuple[list[ForecastPublished], dict[str, str]]:
    """One forecast a series, sorted by series; `latest` are the forecasts in force. Same input, same ids.

    Beside them, by series, why one could not be made: its numbers are beyond what can be calculated with.
    """
    tracks = [one.track for one in fitted]
    starts = {outlook.origin for track in tracks for outlook in track.outlooks}
    past = {origin: factors_at(origin, tracks) for origin in starts}
    present = factors_at(cut, tracks)
    forecasts, failed = [], {}
    for one in sorted(fitted, key=lambda one: one.series.id):
        try:
            forecasts.append(_forecast(cut, one, present, past, latest.get(one.series.id), recorded_at))
        except (ArithmeticError, ValueError) as error:
            failed[one.series.id] = f"forecast: {type(error).__name__}: {error}"
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
    one: Fitted,
    present: Mapping[Scale, Factors],
    past: Mapping[date, Mapping[Scale, Factors]],
    supersedes: UUID | None,
    recorded_at: datetime,
) -> ForecastPublished:
    return ForecastPublished(
        forecast_id=derived_id("forecast", one.series.id, cut),
        series=one.series.id,
        cut=instant(cut),
        horizon=HORIZON,
        unit=one.series.unit,
        points=_points(cut, one.newest, present[one.newest.scale]),
        model=one.newest.model,
        recorded_at=recorded_at,
        backtest=backtest(one.track, past),
        supersedes=supersedes,
    )


def _points(cut: date, outlook: Outlook, factors: Factors) -> list[ForecastPoint]:
    """Whole minor units: a forecast of cents is precise enough."""
    return [
        ForecastPoint(
            at=instant(cut + WEEK * ahead),
            mean=round(span.mean),
            lo80=round(span.lo80),
            hi80=round(span.hi80),
            lo95=round(span.lo95),
            hi95=round(span.hi95),
        )
        for ahead, span in enumerate(outlook.ranges(factors))
    ]
