"""The season of a series: found by its autocorrelation, and taken off where it is long."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
_SURE = 1.645


def season_of(known: Floats, periods: Sequence[int]) -> int:
    """The period that repeats most, of those that were seen twice and a bit more; 1 where none does for certain.

    The test of the M competitions on first differences, so that a trend is not taken for a season.
    """
    likely = [
        (strength, -period)
        for period in periods
        if len(known) >= 2 * period + max(period // 4, 2) and (strength := _strength(known, period)) > 0
    ]
    return -max(likely)[1] if likely else 1


def split_season(known: Floats, season: int) -> tuple[Floats, Floats]:
    """The series without its season, and the season by the place of a value from the first on.

    The season is the mean distance from a centred mean over one cycle, smoothed over neighbours, and drawn to nothing
    the fewer cycles there are.
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
    smooth = (smooth - smooth.mean()) * cycles / (cycles + 1)
    return known - smooth[np.arange(len(known)) % season], smooth


def _strength(known: Floats, period: int) -> float:
    """The autocorrelation at the period, where it is beyond chance; 0 otherwise."""
    steps = np.diff(known)
    steps = steps - steps.mean()
    power = float(steps @ steps)
    if power <= 0:
        return 0.0
    near = np.array([float(steps[lag:] @ steps[:-lag]) / power for lag in range(1, period + 1)])
    limit = _SURE * float(np.sqrt((1 + 2 * (near[:-1] ** 2).sum()) / len(steps)))
    return float(near[-1]) if near[-1] > limit else 0.0
