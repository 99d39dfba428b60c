"""Forecasts by rolling origin: the project's beside the seasonal naive one and each of the usual models."""

import os
import time
import warnings
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from statistics import fmean
from typing import TypeVar

import numpy as np
from statsforecast.models import AutoCES, AutoETS, AutoTheta, SeasonalNaive

from eval.columns import SERIES, WIDE, Roles, find_tables
from eval.kinds import other_kinds
from eval.rows import Row, compare
from eval.series_files import read_series
from eval.setting import Setting, UnfitError
from eval.simulated import simulated
from eval.values import Set, complete_journey
from services.forecasting.fitting.candidates import look_ahead
from services.forecasting.forecasts.domain.calibration import Scores
from services.forecasting.forecasts.domain.combination import combine_all
from services.forecasting.forecasts.domain.outlook import Cadence, Outlook, Range, Track, mean_step

Key = tuple[str, int]
"""A series and how many of its values were known."""
Said = dict[Key, list[Range]]
R = TypeVar("R")

_EPOCH = date(2001, 1, 1)
_DAY = timedelta(days=1)
_BEHIND = 6
_FEWEST = 12
_PEERS = (SeasonalNaive, AutoETS, AutoTheta, AutoCES)
_AVERAGED = ("AutoETS", "AutoTheta", "AutoCES")


def measure(setting: Setting) -> list[Row]:
    """Complete Journey by department, weekly and daily, series of other kinds, and every file of the folder that has
    series.
    """
    rows = [row for one in (*complete_journey(), *other_kinds()) for row in _measure_set(one)]
    for path, roles in find_tables(setting, SERIES, WIDE):
        rows += setting.attempt(partial(_measure_file, path, roles, setting))
    return rows


def measure_simulated(setting: Setting) -> list[Row]:
    """Series of twelve kinds that the seed draws."""
    return [row for one in simulated(setting.seed) for row in _measure_set(one)]


def _measure_file(path: Path, roles: Roles, setting: Setting) -> list[Row]:
    return _measure_set(read_series(path, roles, setting))


def _measure_set(one: Set) -> list[Row]:
    marked = {}
    averaged: list[Said] = []
    spent = 0.0
    for peer in _PEERS:
        began = time.perf_counter()
        said = _in_processes(partial(_peer, peer, one.period, one.horizon), _asked(one, one.origins))
        seconds = time.perf_counter() - began
        marked[peer.__name__] = {**_mark(one, said), "seconds": seconds}
        if peer.__name__ in _AVERAGED:
            averaged.append(said)
            spent += seconds
    mean = {key: _mean([said[key] for said in averaged]) for key in averaged[0]}
    marked["mean of ETS, Theta, CES"] = {**_mark(one, mean), "seconds": spent}
    began = time.perf_counter()
    ours = {**_mark(one, _ours(one)), "seconds": time.perf_counter() - began}
    return compare("forecasts", one.name, ("Rapport", ours), marked)


@dataclass(frozen=True, slots=True)
class _Asked:
    series: str
    known: int
    values: tuple[float, ...]


def _asked(one: Set, origins: int) -> list[_Asked]:
    """From the `origins` last origins of each series, a horizon apart, that leave enough to look back on."""
    return [
        _Asked(name, known, tuple(values[:known]))
        for name, values in one.series.items()
        for back in range(origins)
        if (known := len(values) - one.horizon * (back + 1)) >= _FEWEST
    ]


def _ours(one: Set) -> Said:
    """As the service does it: weights and intervals learnt only from outlooks whose steps were over at the origin."""
    cadence = Cadence(_DAY, one.periods, one.horizon)
    asked = _asked(one, one.origins + _BEHIND)
    outlooks = _in_processes(partial(_look, cadence), asked)
    tracks = combine_all(
        [
            Track(
                _EPOCH,
                tuple(values),
                tuple(outlooks[key] for key in sorted(outlooks) if key[0] == name),
                cadence,
            )
            for name, values in one.series.items()
        ]
    )
    scores = Scores(one.horizon)
    for track in tracks:
        scores.add(track)
    factors = scores.factors_at(outlook.origin for track in tracks for outlook in track.outlooks)
    judged = {(each.series, each.known) for each in _asked(one, one.origins)}
    return {
        (name, known): track.ranges(outlook, factors[outlook.origin][outlook.scale])
        for name, track in zip(one.series, tracks, strict=True)
        for outlook in track.outlooks
        for known in ((outlook.origin - _EPOCH).days,)
        if (name, known) in judged
    }


def _look(cadence: Cadence, asked: _Asked) -> Outlook:
    return look_ahead(asked.values, _EPOCH + _DAY * asked.known, cadence)


def _peer(model: type, period: int, horizon: int, asked: _Asked) -> list[Range]:
    found = model(season_length=period).forecast(y=np.array(asked.values), h=horizon, level=[80, 95])
    columns = (found[key] for key in ("mean", "lo-80", "hi-80", "lo-95", "hi-95"))
    return [Range(*map(float, row)) for row in zip(*columns, strict=True)]


def _mean(said: Sequence[list[Range]]) -> list[Range]:
    names = ("mean", "lo80", "hi80", "lo95", "hi95")
    return [Range(*(fmean(getattr(one, name) for one in step) for name in names)) for step in zip(*said, strict=True)]


def _in_processes(work: Callable[[_Asked], R], asked: Sequence[_Asked]) -> dict[Key, R]:
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn"), initializer=_prepare) as pool:
        return {
            (each.series, each.known): found
            for each, found in zip(asked, pool.map(work, asked, chunksize=4), strict=True)
        }


def _prepare() -> None:
    os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")
    warnings.simplefilter("ignore")  # of optimisers that stopped early


def _mark(one: Set, said: Said) -> dict[str, float]:
    marks = np.array(
        [
            _mark_one(one.series[name], known, ahead, one.period)
            for (name, known), ahead in said.items()
            if mean_step(one.series[name][:known], one.period) > 0
        ]
    )
    if not len(marks):
        raise UnfitError(f"{one.name}: no series changed before what is to be foretold, so errors have no scale")
    return dict(zip(("MASE", "sMAPE %", "coverage80", "coverage95"), map(float, marks.mean(axis=0)), strict=True))


def _mark_one(values: Sequence[float], known: int, ahead: list[Range], period: int) -> tuple[float, ...]:
    rows = list(zip(values[known : known + len(ahead)], ahead, strict=True))
    errors = np.array([abs(actual - one.mean) for actual, one in rows])
    sizes = np.array([abs(actual) + abs(one.mean) for actual, one in rows])
    return (
        float(errors.mean()) / mean_step(values[:known], period),
        float((200 * errors / np.maximum(sizes, 1e-9)).mean()),
        float(np.mean([one.lo80 <= actual <= one.hi80 for actual, one in rows])),
        float(np.mean([one.lo95 <= actual <= one.hi95 for actual, one in rows])),
    )
