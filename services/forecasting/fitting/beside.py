"""What a series does beside what its own past foretells, learnt from an indicator of the weeks before.

Both are seen as distances from their own level, an exponential mean: where the series follows the indicator some weeks
behind, so do these distances. A ridge regression, for each step ahead its own, joins them with what was known one to
eight weeks before; whether that holds is judged on weeks that it had not seen.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

from services.forecasting.cuts.domain import WEEK
from services.forecasting.fitting.seasons import season_of, split_seasons
from services.forecasting.forecasts.domain.outlook import MOST, Outlook, beside
from services.forecasting.indicators.domain import Weekly

Floats = NDArray[np.float64]
_LAGS = 8
_SMOOTHED = 0.3
_YEAR = 52
_FRESH = 5
"""An indicator of which nothing was said in so many weeks is out of date; of a monthly one four or five lie between."""
_FOREMOST = 3
"""Indicators that are looked at closely: those that go along most."""
_PENALTIES = (0.03, 0.3, 3.0)
_FOLDS = 4
_CLEARLY = 0.1
"""The share of squared distances that must be explained in weeks that were not seen."""
_WIDEST = 4.0
"""Standard deviations; what lies beyond says no more."""
_NOTHING = 1e-9
"""A share of the values' size that is rounding."""


def add_indicator(known: Sequence[float], first: date, outlook: Outlook, indicators: Sequence[Weekly]) -> Outlook:
    """The outlook with one candidate more where an indicator explains what the models leave; else as it is.

    `known` are the weeks from `first` on, which the outlook was made of; of an indicator, too, only these weeks count.
    """
    values = np.asarray(known, dtype=float)
    if outlook.scale not in outlook.candidates or len(values) < _YEAR + _LAGS:
        return outlook
    with np.errstate(all="ignore"):
        near = {one.series: signs for one in indicators if (signs := _signs(one, first, len(values))) is not None}
        ahead = len(outlook.candidates[outlook.scale])
        found = _strongest(_level(values, outlook), near, ahead) if near else None
        if found is None:
            return outlook
        name, shift = found
        centre = np.array(outlook.candidates[outlook.scale])
        log = outlook.scale == "log"
        said = np.expm1(np.log1p(np.maximum(centre, 0)) + shift) if log else centre + shift
    if not np.all(np.abs(said) <= MOST * np.abs(values).max()):
        return outlook
    return replace(outlook, candidates={**outlook.candidates, beside(name): tuple(float(each) for each in said)})


def _level(values: Floats, outlook: Outlook) -> Floats:
    """On the scale of the outlook, without the season of a year."""
    scaled = np.log1p(values) if outlook.scale == "log" else values
    season = season_of(values, (_YEAR,))
    return split_seasons(scaled, [season])[0] if season > 1 else scaled


def _signs(one: Weekly, first: date, count: int) -> Floats | None:
    """A row for each week and one for the next: the indicator 1 to 8 weeks before, as distances from its level.

    None where it is younger than a year, out of date, or never changes.
    """
    offset = (first - one.first) // WEEK
    places = [(place - offset, value) for place, value in enumerate(one.values) if value is not None]
    places = [(place, value) for place, value in places if place < count]
    if not places or count - places[-1][0] > _FRESH or count - max(places[0][0], 0) < _YEAR + _LAGS:
        return None
    at = np.array([place for place, _ in places])
    said = np.array([value for _, value in places])
    weeks = np.arange(at[0], count)
    line = said[np.searchsorted(at, weeks, side="right") - 1]
    if line.min() > 0:
        line = np.log(line)
    size = float(np.abs(line).max())
    if not np.isfinite(size) or float(np.ptp(line)) <= _NOTHING * size:
        return None
    line = line / size
    windows = np.lib.stride_tricks.sliding_window_view(line, _LAGS)[:, ::-1]
    rows = np.full((count + 1, _LAGS), np.nan)
    begin = int(at[0]) + _LAGS
    skipped = max(-begin, 0)
    rows[begin + skipped :] = (windows - _smooth(line)[_LAGS - 1 :, None])[skipped:]
    return rows


def _smooth(line: Floats) -> Floats:
    """The level as it was known at each place, the place itself included."""
    filtered, _ = lfilter([_SMOOTHED], [1.0, _SMOOTHED - 1.0], line, zi=[(1 - _SMOOTHED) * line[0]])
    return np.asarray(filtered, dtype=float)


def _strongest(line: Floats, near: Mapping[str, Floats], ahead: int) -> tuple[str, Floats] | None:
    """The indicator that explains most of what was not seen, if that is clearly something, and what it adds."""
    count = len(line)
    level = np.r_[line[0], _smooth(line)]  # as it was known before each week and the next
    left = np.full((count, ahead), np.nan)
    for step in range(ahead):
        left[: count - step, step] = line[step:] - level[: count - step]
    names = sorted(near, key=lambda name: (-_together(near[name], left[:, min(1, ahead - 1)]), name))[:_FOREMOST]
    best: tuple[float, str, float] | None = None
    for name in names:
        for penalty in _PENALTIES:
            share = _explained(near[name], left, penalty)
            if share > _CLEARLY and (best is None or share > best[0]):
                best = share, name, penalty
    if best is None:
        return None
    _, name, penalty = best
    shift = np.array(
        [_foretold(near[name][:-1], left[:, step], penalty, near[name][-1:])[0][0] for step in range(ahead)]
    )
    return (name, shift) if np.all(np.isfinite(shift)) else None


def _together(signs: Floats, left: Floats) -> float:
    """The greatest correlation with any of the weeks before."""
    rows = np.isfinite(signs[:-1]).all(axis=1) & np.isfinite(left)
    if rows.sum() < _YEAR // 2:
        return 0.0
    told, aim = signs[:-1][rows], left[rows]
    told, aim = told - told.mean(axis=0), aim - aim.mean()
    size = np.sqrt((told**2).sum(axis=0) * (aim**2).sum())
    return float(np.nanmax(np.abs(told.T @ aim) / np.maximum(size, np.finfo(float).tiny)))


def _explained(signs: Floats, left: Floats, penalty: float) -> float:
    """The share of squared distances that is explained in the later half, part by part, by what was before."""
    count, ahead = left.shape
    bounds = np.linspace(count - (count // 2), count, _FOLDS + 1).astype(int)
    plain = told = 0.0
    for begin, end in pairwise(bounds):
        for step in range(ahead):
            until = begin - step
            aim = left[begin:end, step]
            guess, usual = _foretold(signs[:until], left[:until, step], penalty, signs[begin:end])
            rows = np.isfinite(aim) & np.isfinite(guess)
            plain += float(((aim[rows] - usual) ** 2).sum())
            told += float(((aim[rows] - usual - guess[rows]) ** 2).sum())
    return 1 - told / plain if plain > 0 and np.isfinite(told) else -1.0


def _foretold(signs: Floats, left: Floats, penalty: float, now: Floats) -> tuple[Floats, float]:
    """What the signs of now add, and the mean of what was left, which the models know without them."""
    rows = np.isfinite(signs[: len(left)]).all(axis=1) & np.isfinite(left)
    told, aim = signs[: len(left)][rows], left[rows]
    if len(aim) < _YEAR // 2:
        return np.zeros(len(now)), float(aim.mean()) if len(aim) else 0.0
    middle, usual = told.mean(axis=0), float(aim.mean())
    spread = float((told - middle).std())
    told, fresh = ((part - middle) / spread for part in (told, now))
    within = np.clip(fresh, -_WIDEST, _WIDEST)
    weights = np.linalg.solve(told.T @ told + penalty * len(aim) * np.eye(_LAGS), told.T @ (aim - usual))
    most = float(np.abs(aim - usual).max())
    return np.clip(within @ weights, -most, most), usual
