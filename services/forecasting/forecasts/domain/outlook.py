"""What a model said of one series at one cut, and how well the earlier sayings did."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from math import expm1, log1p
from statistics import fmean
from typing import Literal

from services.forecasting.cuts.domain import WEEK
from services.forecasting.forecasts.domain.intervals import Factors, calibrate
from shared.events.insights import Backtest

HORIZON = 4
FARTHEST = 20.0
Scale = Literal["log", "linear"]


@dataclass(frozen=True, slots=True)
class Range:
    """One week ahead, in the series' unit."""

    mean: float
    lo80: float
    hi80: float
    lo95: float
    hi95: float


@dataclass(frozen=True, slots=True)
class Outlook:
    """A forecast from `origin` on, one centre and one spread a week, on the logarithm of 1 + value or on the value.

    `last` is the last week's value, which is what the naive forecast repeats; `step` is the mean change from week to
    week before the origin, the unit of MASE (Hyndman and Koehler 2006).
    """

    origin: date
    model: str
    scale: Scale
    centre: tuple[float, ...]
    spread: tuple[float, ...]
    last: float
    step: float

    def ranges(self, factors: Factors) -> list[Range]:
        """Never below zero: sales are not."""
        return [self._range(c, s, factors) for c, s in zip(self.centre, self.spread, strict=True)]

    def scores(self, actuals: Sequence[float]) -> list[float]:
        """|error| / spread of each known week, at most FARTHEST: beyond, the spread was wrong, not the world."""
        # A week can be below zero, by discounts greater than the prices; on the logarithm the model reads it as zero.
        level = _log_of_sales if self.scale == "log" else float
        rows = zip(self.centre, self.spread, actuals, strict=False)
        return [min(abs(level(actual) - centre) / spread, FARTHEST) for centre, spread, actual in rows if spread > 0]

    def _range(self, centre: float, spread: float, factors: Factors) -> Range:
        value = expm1 if self.scale == "log" else float
        narrow, wide = factors.for80 * spread, factors.for95 * spread
        bounds = (centre, centre - narrow, centre + narrow, centre - wide, centre + wide)
        return Range(*(max(value(bound), 0.0) for bound in bounds))


def _log_of_sales(value: float) -> float:
    return log1p(max(value, 0.0))


def mean_step(values: Sequence[float]) -> float:
    """The mean change from one value to the next, 0 for fewer than two."""
    return fmean(abs(after - before) for before, after in pairwise(values)) if len(values) > 1 else 0.0


def origins(cut: date, first_week: date, count: int, fewest: int) -> list[date]:
    """Up to `count` earlier cuts, a horizon apart, newest first, with at least `fewest` weeks of history each."""
    steps = [cut - WEEK * HORIZON * (back + 1) for back in range(count)]
    return [origin for origin in steps if origin >= first_week + WEEK * fewest]


@dataclass(frozen=True, slots=True)
class Track:
    """One series: its weekly values from `first_week` up to the cut, and its outlooks at earlier origins."""

    first_week: date
    values: tuple[float, ...]
    outlooks: tuple[Outlook, ...]

    def actuals(self, outlook: Outlook) -> tuple[float, ...]:
        """What came in the weeks of `outlook`, as far as it is known."""
        begin = (outlook.origin - self.first_week) // WEEK
        return self.values[begin : begin + HORIZON]


@dataclass(frozen=True, slots=True)
class Asked:
    """A series to make outlooks of: its weekly values up to the cut, and the origins that have an outlook already."""

    series: str
    first_week: date
    values: tuple[float, ...]
    known: frozenset[date]


def factors_at(cut: date, tracks: Iterable[Track]) -> dict[Scale, Factors]:
    """Calibrated on every outlook whose weeks were over at `cut`, apart for each scale."""
    scores: dict[Scale, list[float]] = {"log": [], "linear": []}
    for track in tracks:
        for outlook in track.outlooks:
            if outlook.origin + WEEK * HORIZON <= cut:
                scores[outlook.scale] += outlook.scores(track.actuals(outlook))
    return {scale: calibrate(found) for scale, found in scores.items()}


@dataclass(frozen=True, slots=True)
class _Marks:
    """Of one week of one past outlook: absolute errors in steps, the symmetric error, and the two intervals' hits."""

    error: float
    naive: float
    smape: float
    in80: bool
    in95: bool


def backtest(track: Track, past: Mapping[date, Mapping[Scale, Factors]]) -> Backtest | None:
    """How the earlier outlooks did, with the intervals of their own time (`past`, by origin); None without any."""
    marks = [mark for outlook in track.outlooks for mark in _marks(track, outlook, past[outlook.origin][outlook.scale])]
    if not marks:
        return None
    return Backtest(
        mase=fmean(mark.error for mark in marks),
        smape=fmean(mark.smape for mark in marks),
        coverage80=fmean(mark.in80 for mark in marks),
        coverage95=fmean(mark.in95 for mark in marks),
        baseline_mase=fmean(mark.naive for mark in marks),
    )


def _marks(track: Track, outlook: Outlook, factors: Factors) -> Iterable[_Marks]:
    if outlook.step <= 0:
        return
    for actual, ahead in zip(track.actuals(outlook), outlook.ranges(factors), strict=False):
        size = abs(actual) + abs(ahead.mean)
        yield _Marks(
            error=abs(actual - ahead.mean) / outlook.step,
            naive=abs(actual - outlook.last) / outlook.step,
            smape=200 * abs(actual - ahead.mean) / size if size else 0.0,
            in80=ahead.lo80 <= actual <= ahead.hi80,
            in95=ahead.lo95 <= actual <= ahead.hi95,
        )
