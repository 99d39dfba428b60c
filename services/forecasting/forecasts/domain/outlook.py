"""What the models said of one series at one cut, and how well the earlier sayings did."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import expm1, inf, log, log1p
from statistics import fmean
from typing import Literal

from services.forecasting.cuts.domain import WEEK
from services.forecasting.forecasts.domain.intervals import Factors
from shared.events.insights import Backtest

FARTHEST = 20.0
MOST = 4.0
"""No candidate and no bound lies beyond so many times the largest value that the series had shown."""
_UNRELATED = log(20)
SEASONAL_NAIVE = "seasonal-naive"
_BESIDE = "indicator:"
Scale = Literal["log", "linear"]
SCALES: tuple[Scale, ...] = ("log", "linear")


@dataclass(frozen=True, slots=True)
class Cadence:
    """How often a series has a value, the periods that may repeat in it, and how many values ahead are foretold."""

    every: timedelta
    seasons: tuple[int, ...]
    horizon: int


WEEKLY = Cadence(WEEK, (52,), 4)


@dataclass(frozen=True, slots=True)
class Range:
    """One step ahead, in the series' unit."""

    mean: float
    lo80: float
    hi80: float
    lo95: float
    hi95: float


@dataclass(frozen=True, slots=True)
class Indicator:
    """A series of the market beside the own past: how much of what it adds is put on, and what that is in all steps."""

    series: str
    weight: float
    effect: float


@dataclass(frozen=True, slots=True)
class Outlook:
    """What each candidate said from `origin` on, in the series' unit, and their combination, empty until it is made.

    `spread` is a value a step, on the logarithm of 1 + value or on the value. `step` is the mean change over one season
    before the origin, the unit of MASE (Hyndman and Koehler 2006).
    """

    origin: date
    scale: Scale
    candidates: Mapping[str, tuple[float, ...]]
    spread: tuple[float, ...]
    step: float
    centre: tuple[float, ...] = ()
    model: str = ""
    indicator: Indicator | None = None

    def ranges(self, factors: Sequence[Factors], most: float) -> list[Range]:
        """Never above `most`, and never below zero: sales are not."""
        return [self._range(*row, most) for row in zip(self.centre, self.spread, factors, strict=True)]

    def scores(self, actuals: Sequence[float]) -> list[float | None]:
        """|error| / spread of each known step, at most FARTHEST: beyond, the spread was wrong, not the world.

        None where one of the two is next to nothing beside the other, on the logarithm: such a factor says that nothing
        was sold or foretold, and not how far off a forecast of what is sold will be. None of what never varied either:
        no factor makes anything of a spread of zero.
        """
        # A week can be below zero, by discounts greater than the prices; on the logarithm the model reads it as zero.
        level = _log_of_sales if self.scale == "log" else float
        rows = zip(self.centre, self.spread, actuals, strict=False)
        errors = [(abs(level(actual) - level(centre)), spread) for centre, spread, actual in rows]
        return [
            None if spread <= 0 or (self.scale == "log" and error > _UNRELATED) else min(error / spread, FARTHEST)
            for error, spread in errors
        ]

    def _range(self, centre: float, spread: float, factors: Factors, most: float) -> Range:
        narrow, wide = factors.for80 * spread, factors.for95 * spread
        steps = (0.0, -narrow, narrow, -wide, wide)
        if self.scale == "log":
            middle, highest = _log_of_sales(centre), _log_of_sales(most)
            return Range(*(max(expm1(min(middle + step, highest)), 0.0) for step in steps))
        return Range(*(max(min(centre + step, most), 0.0) for step in steps))


def _log_of_sales(value: float) -> float:
    return log1p(max(value, 0.0))


def beside(indicator: str) -> str:
    """The candidate that is the models' own with what an indicator adds to it."""
    return _BESIDE + indicator


def indicator_of(candidate: str) -> str | None:
    """None where the candidate rests on the series alone."""
    return candidate.removeprefix(_BESIDE) if candidate.startswith(_BESIDE) else None


def mean_step(values: Sequence[float], season: int = 1) -> float:
    """The mean change from one season to the next, 0 where there is only one."""
    steps = [abs(after - before) for before, after in zip(values, values[season:], strict=False)]
    return fmean(steps) if steps else 0.0


def origins(cut: date, first: date, count: int, fewest: int, cadence: Cadence = WEEKLY) -> list[date]:
    """Up to `count` earlier cuts, a horizon apart, newest first, with at least `fewest` values of history each."""
    steps = [cut - cadence.every * cadence.horizon * (back + 1) for back in range(count)]
    return [origin for origin in steps if origin >= first + cadence.every * fewest]


@dataclass(frozen=True, slots=True)
class Track:
    """One series: its values from `first` up to the cut, and its outlooks at earlier origins."""

    first: date
    values: Sequence[float]
    outlooks: tuple[Outlook, ...] = ()
    cadence: Cadence = WEEKLY

    def actuals(self, outlook: Outlook) -> Sequence[float]:
        """What came in the steps of `outlook`, as far as it is known."""
        begin = (outlook.origin - self.first) // self.cadence.every
        return self.values[begin : begin + self.cadence.horizon]

    def ranges(self, outlook: Outlook, factors: Sequence[Factors]) -> list[Range]:
        """Within MOST times what the series had shown before the outlook."""
        begin = (outlook.origin - self.first) // self.cadence.every
        return outlook.ranges(factors, MOST * max(map(abs, self.values[:begin]), default=inf))

    def end(self, outlook: Outlook) -> date:
        """When the last step of `outlook` is over."""
        return outlook.origin + self.cadence.every * self.cadence.horizon


@dataclass(frozen=True, slots=True)
class Asked:
    """A series to make outlooks of: its values up to the cut, and the origins that are asked for."""

    series: str
    first: date
    values: Sequence[float]
    origins: tuple[date, ...]
    cadence: Cadence = WEEKLY


@dataclass(frozen=True, slots=True)
class _Marks:
    """Of one step of one past outlook: absolute errors in steps, the symmetric error, and the two intervals' hits."""

    error: float
    naive: float
    smape: float
    in80: bool
    in95: bool


def backtest(track: Track, past: Mapping[date, Mapping[Scale, Sequence[Factors]]]) -> Backtest | None:
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


def _marks(track: Track, outlook: Outlook, factors: Sequence[Factors]) -> Iterable[_Marks]:
    if outlook.step <= 0:
        return
    naive = outlook.candidates[SEASONAL_NAIVE]
    for actual, ahead, before in zip(track.actuals(outlook), track.ranges(outlook, factors), naive, strict=False):
        size = abs(actual) + abs(ahead.mean)
        yield _Marks(
            error=abs(actual - ahead.mean) / outlook.step,
            naive=abs(actual - before) / outlook.step,
            smape=200 * abs(actual - ahead.mean) / size if size else 0.0,
            in80=ahead.lo80 <= actual <= ahead.hi80,
            in95=ahead.lo95 <= actual <= ahead.hi95,
        )
