"""The season of a series: found by what its cycles have in common, and taken off where it is long."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.stats import f as fisher

Floats = NDArray[np.float64]
_SURE = 0.95
_PARTS = 12
_NOTHING = 1e-12
"""A share of the values' size that is rounding."""
_INDEPENDENT = 6


def season_of(known: Floats, periods: Sequence[int]) -> int:
    """The period that repeats, of those that were seen twice and a bit more; 1 where none does for certain.

    A longer one counts only by what the shorter ones leave: a week of hours repeats where a day of hours does.
    """
    found, left = 1, known
    for period in sorted(periods):
        if len(known) >= 2 * period + max(period // 4, 2) and _repeats(left, period):
            found, left = period, split_season(known, period)[0]
    return found


def seasons_within(season: int, periods: Sequence[int]) -> list[int]:
    """The season with those of the periods that it is made of, the shortest first: a week of hours is made of days."""
    return [*(period for period in sorted(periods) if 1 < period < season and season % period == 0), season]


def split_seasons(known: Floats, seasons: Sequence[int]) -> tuple[Floats, Floats]:
    """The series without its seasons, taken off in their order, and their sum by the place in the last, the longest."""
    left, whole = known, np.zeros(seasons[-1])
    for season in seasons:
        left, wave = split_season(left, season)
        whole = whole + np.resize(wave, len(whole))
    return left, whole


def split_season(known: Floats, season: int, *, drawn: bool = True) -> tuple[Floats, Floats]:
    """The series without its season, and the season by the place of a value from the first on.

    The season is the mean distance from a centred mean over one cycle, smoothed over neighbours where it is long, and
    `drawn` to nothing the fewer cycles there are.
    """
    weights = np.r_[0.5, np.ones(season - 1), 0.5] / season if season % 2 == 0 else np.ones(season) / season
    half = len(weights) // 2
    distance = known[half : len(known) - half] - np.convolve(known, weights, "valid")
    place = np.arange(half, len(known) - half) % season
    counts = np.bincount(place, minlength=season)
    wave = np.bincount(place, distance, season) / np.maximum(counts, 1)
    cycles = len(distance) / season
    near = np.array([1.0, 2.0, 4.0, 2.0, 1.0]) / 10
    smooth = np.convolve(np.r_[wave[-2:], wave, wave[:2]], near, "valid") if season > 2 * 24 else wave
    smooth = smooth - smooth.mean()
    if drawn:
        smooth = smooth * cycles / (cycles + 1)
    return known - smooth[np.arange(len(known)) % season], smooth


def _repeats(known: Floats, period: int) -> bool:
    """Whether whole cycles have a shape in common, beyond chance.

    Each cycle loses its own mean and slope, and is read in at most a dozen parts; an F test says whether the parts are
    alike from cycle to cycle. Neighbours are alike without any season, so few parts count as independent.
    """
    count = len(known) // period
    parts = min(period, _PARTS)
    begins = [period * part // parts for part in range(parts)]
    cycles = known[-count * period :].reshape(count, period)
    means = np.add.reduceat(cycles, begins, axis=1) / np.diff([*begins, period])
    apart = means - means.mean(axis=1, keepdims=True)
    slope = np.array(begins) + np.diff([*begins, period]) / 2
    slope -= slope.mean()
    apart = apart - float((apart @ slope).mean() / (slope @ slope)) * slope
    shape = apart.mean(axis=0)
    freedom = (count - 1) * (parts - 1)
    between = float(shape @ shape) * count / (parts - 1)
    within = float(((apart - shape) ** 2).sum()) / freedom
    limit = float(fisher.ppf(_SURE, min(parts - 1, _INDEPENDENT), freedom))
    return between > max(within * limit, _NOTHING * float(known @ known) / len(known))
