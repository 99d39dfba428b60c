"""Forecasts beside indicators: drawn series that follow one of four some weeks behind, and ones that follow none."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from statistics import fmean

import numpy as np
from numpy.typing import NDArray

from eval.rows import Row, compare
from eval.setting import Setting
from services.forecasting.cuts.domain import WEEK
from services.forecasting.fitting.weekly import look_from_origins
from services.forecasting.forecasts.domain.combination import combine_all
from services.forecasting.forecasts.domain.outlook import WEEKLY, Asked, Outlook, Track, indicator_of
from services.forecasting.indicators.domain import Weekly

Floats = NDArray[np.float64]
_FIRST = date(2023, 1, 2)
_WEEKS, _BEFORE = 140, 10
_SERIES = 12
_BEHIND, _JUDGED = 6, 3
_KINDS = {
    "wanders, followed": (1.0, True),
    "wanders, not followed": (1.0, False),
    "returns, followed": (0.8, True),
    "returns, not followed": (0.8, False),
}
"""How much of itself an indicator keeps from week to week, and whether what is sold follows it."""


def measure(setting: Setting) -> list[Row]:
    """MASE over the last three origins of each series, with indicators and without, and how often one was used."""
    return [
        row
        for number, (name, (keeps, followed)) in enumerate(_KINDS.items())
        for row in _measure_kind(
            f"drawn, {name}", np.random.default_rng([setting.seed, number]), keeps, followed=followed
        )
    ]


def _measure_kind(name: str, rng: np.random.Generator, keeps: float, *, followed: bool) -> list[Row]:
    tracks = [_track(rng, keeps, followed=followed) for _ in range(_SERIES)]
    bare = [replace(track, outlooks=tuple(map(_alone, track.outlooks))) for track in tracks]
    return compare("indicators", name, ("Rapport", _mark(tracks)), {"without indicators": _mark(bare)})


def _track(rng: np.random.Generator, keeps: float, *, followed: bool) -> Track:
    drawn = [_indicator(rng, keeps), *(_indicator(rng, other) for other in (1.0, 0.8, 1.0))]
    values = tuple(_sales(rng, drawn[0], followed=followed).tolist())
    known = [Weekly(f"drawn-{n}", _FIRST, tuple((100 + one[_BEFORE:]).tolist())) for n, one in enumerate(drawn)]
    behind = range(_BEHIND + _JUDGED, 0, -1)
    origins = tuple(_FIRST + WEEK * (_WEEKS - WEEKLY.horizon * back) for back in behind)
    return Track(_FIRST, values, tuple(look_from_origins([Asked("drawn", _FIRST, values, origins)], known)["drawn"]))


def _indicator(rng: np.random.Generator, keeps: float) -> Floats:
    steps = rng.normal(0, 1, _WEEKS + _BEFORE)
    values = np.zeros(len(steps))
    for week in range(1, len(steps)):
        values[week] = keeps * values[week - 1] + steps[week]
    return values


def _sales(rng: np.random.Generator, indicator: Floats, *, followed: bool) -> Floats:
    """A tenth a year more, a twelfth of chance, and a quarter by a usual move of the indicator 2 to 6 weeks before."""
    behind = int(rng.integers(2, 7))
    moved = indicator[_BEFORE - behind : _BEFORE - behind + _WEEKS] / indicator.std()
    level = 8 + 0.1 * np.arange(_WEEKS) / 52 + rng.normal(0, 1 / 12, _WEEKS)
    return np.asarray(np.exp(level + (0.25 * moved if followed else 0.0)))


def _alone(outlook: Outlook) -> Outlook:
    kept = {name: said for name, said in outlook.candidates.items() if indicator_of(name) is None}
    return replace(outlook, candidates=kept)


def _mark(tracks: Sequence[Track]) -> dict[str, float]:
    judged = [(track, outlook) for track in combine_all(tracks) for outlook in track.outlooks[-_JUDGED:]]
    errors = [
        abs(came - said) / outlook.step
        for track, outlook in judged
        for came, said in zip(track.actuals(outlook), outlook.centre, strict=True)
    ]
    return {"MASE": fmean(errors), "used": fmean(outlook.indicator is not None for _, outlook in judged)}
