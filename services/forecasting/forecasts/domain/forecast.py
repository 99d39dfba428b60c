"""From outlooks to what is published: calibrated intervals, a backtest beside naive, the forecast that it replaces."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from uuid import UUID

from services.forecasting.cuts.domain import instant
from services.forecasting.forecasts.domain.calibration import FactorsAt, Scores
from services.forecasting.forecasts.domain.combination import Pools, combine
from services.forecasting.forecasts.domain.intervals import Factors
from services.forecasting.forecasts.domain.outlook import Indicator, Outlook, Track, backtest
from services.forecasting.series.domain import DepartmentWeek
from shared.events.figures import require_finite
from shared.events.insights import ForecastPoint, ForecastPublished, IndicatorUsed
from shared.ids import derived_id

MODEL = "weekly"


class Standard:
    """What the outlooks of all series are weighed and widened by. They may be more than fit into memory at once, so
    they are shown a page at a time: all of them to `weigh`, then all of them to `judge`.
    """

    def __init__(self) -> None:
        self._pools = Pools()
        self._scores = Scores()
        self._origins: set[date] = set()

    def weigh(self, tracks: Iterable[Track]) -> None:
        for track in tracks:
            self._pools.add(track)

    def judge(self, tracks: Iterable[Track]) -> None:
        for track in tracks:
            self._scores.add(combine(track, self._pools))
            self._origins.update(outlook.origin for outlook in track.outlooks)

    def factors(self) -> FactorsAt:
        """At the origin of every outlook."""
        return self._scores.factors_at(self._origins)

    def combined(self, tracks: Mapping[DepartmentWeek, Track]) -> dict[DepartmentWeek, Track]:
        """With the candidates of every outlook combined. One that another instance kept meanwhile, from an origin that
        was not judged, is left out: there are no factors for it.
        """
        return {series: combine(self._judged(track), self._pools) for series, track in tracks.items()}

    def _judged(self, track: Track) -> Track:
        return replace(track, outlooks=tuple(one for one in track.outlooks if one.origin in self._origins))


def publish(
    cut: date,
    tracks: Mapping[DepartmentWeek, Track],
    factors: FactorsAt,
    latest: Mapping[str, UUID],
    recorded_at: datetime,
) -> tuple[list[ForecastPublished], dict[str, str]]:
    """One forecast of each of these series, combined, sorted by series; `latest` are the forecasts in force. Same
    input, same ids.

    Beside them, by series, why one could not be made: its numbers are beyond what can be calculated with.
    """
    forecasts, failed = [], {}
    for series, track in sorted(tracks.items(), key=lambda one: one[0].id):
        try:
            forecasts.append(require_finite(_forecast(cut, series, track, factors, latest.get(series.id), recorded_at)))
        except (ArithmeticError, ValueError) as error:
            failed[series.id] = f"forecast: {type(error).__name__}: {error}"
    return forecasts, failed


def _forecast(
    cut: date,
    series: DepartmentWeek,
    track: Track,
    factors: FactorsAt,
    supersedes: UUID | None,
    recorded_at: datetime,
) -> ForecastPublished:
    newest = track.outlooks[-1]
    if newest.origin != cut:
        raise ValueError("there is no outlook from the cut")
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
