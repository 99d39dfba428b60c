"""Trends: what is found of planted ones, how soon, and what is told where nothing was planted.

Series have no trend by construction: drawn ones, whose weeks are alike to several degrees, and those of Complete
Journey with their weeks in another order, which keeps how they vary. Half of them get a plant. They are looked at
week by week for half a year, as the service does. The thresholds were chosen on seed 1. Short ones without any plant
are looked at from their 26th week to their 60th.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from statistics import median

import numpy as np
from numpy.typing import NDArray

from eval.rows import Row
from eval.setting import Setting
from eval.values import complete_journey, product_weeks
from services.forecasting.fitting.trends import find_trends
from services.forecasting.trends.domain import Trend, Watched, decide, group_of

Floats = NDArray[np.float64]
_WEEK = timedelta(days=7)
_FIRST = date(2024, 1, 1)
_KNOWN, _LOOKED, _PLANTED_AT = 52, 26, 60
_SHORT, _SHORT_LOOKED = 26, 34
_SEEDS = (11, 12)
_SERIES = 80
_ALIKE = (0.0, 0.3, 0.6)
Named = dict[str, Floats]


@dataclass(frozen=True, slots=True)
class _Told:
    """Of each series with a plant the weeks from it to its trend, None where none was told; of the others how often one
    was told, a year and a hundred series.
    """

    delays: Sequence[int | None]
    false: float


def measure(setting: Setting) -> list[Row]:
    """Each kind of plant by itself, on drawn series and on those of Complete Journey."""
    del setting
    return [
        *(
            row
            for seed in _SEEDS
            for of, kind, told in _measured(seed)
            for row in _rows(f"{of}, seed {seed}", kind, told)
        ),
        *(row for seed in _SEEDS for row in _measure_short(seed)),
    ]


def _rows(of: str, kind: str, told: _Told) -> Iterator[Row]:
    found = [delay for delay in told.delays if delay is not None]
    yield Row("trends", of, f"Rapport, {kind}", "found", len(found) / len(told.delays))
    yield Row("trends", of, f"Rapport, {kind}", "weeks until told", float(median(found)) if found else float("nan"))
    yield Row("trends", of, f"Rapport, {kind}", "false a year, of 100 series", told.false)


def _measure_short(seed: int) -> Iterator[Row]:
    """Of series of 26 to 60 weeks that have no trend, by how much a week has in common with the one before."""
    rng = np.random.default_rng(seed)
    for alike in _ALIKE:
        rows = _drawn(rng, _SHORT + _SHORT_LOOKED, (alike,))
        told = _told(partial(_until, rows), _SHORT, _SHORT_LOOKED)
        for group in ("trend", "anomaly"):
            count = sum(group_of(one.kind) == group for one, _ in told)
            of = f"drawn, 26 to 60 weeks, alike by {alike:g}, seed {seed}"
            false = 100 * count * 52 / (len(rows) * (_SHORT_LOOKED + 1))
            yield Row("trends", of, f"Rapport, {group}", "false a year, of 100 series", false)


def _measured(seed: int) -> Iterator[tuple[str, str, _Told]]:
    rng = np.random.default_rng(seed)
    weekly = next(complete_journey())
    real = {name: np.array(values, dtype=float) for name, values in weekly.series.items()}
    makers: dict[str, Callable[[], Named]] = {
        "drawn": lambda: _drawn(rng),
        "Complete Journey, shuffled": lambda: {
            f"{name} {n}": _shuffled(rng, values) for name, values in real.items() for n in range(3)
        },
    }
    for of, make in makers.items():
        yield of, "level", _watch_departments(make(), rng, _step)
        yield of, "slope", _watch_departments(make(), rng, _bend)
        yield of, "anomaly", _watch_departments(make(), rng, _spike)
        yield of, "share", _watch_shares(make(), rng)
    yield "Complete Journey, shuffled", "products", _watch_products(rng)


def _drawn(rng: np.random.Generator, count: int = _KNOWN + _LOOKED, degrees: Sequence[float] = _ALIKE) -> Named:
    found = {}
    for at in range(_SERIES):
        noise = rng.standard_normal(count + 40)
        alike = degrees[at % len(degrees)]
        for week in range(1, len(noise)):
            noise[week] += alike * noise[week - 1]
        spread = rng.choice([0.05, 0.1, 0.15]) * np.sqrt(1 - alike**2)
        growth = rng.uniform(-0.003, 0.003) * np.arange(count)
        found[f"d-{at:02}"] = np.exp(rng.uniform(8, 12) + growth + spread * noise[40:])
    return found


def _shuffled(rng: np.random.Generator, values: Floats) -> Floats:
    """Its weeks in another order, over and over, around their median: what they vary by and no trend."""
    inner = values[1:-1]
    weeks = np.arange(len(inner))
    line = np.polynomial.Polynomial.fit(weeks, np.log(inner + 1), 1)(weeks)
    rest = np.log(inner + 1) - line
    drawn = rng.permutation(np.r_[rest, rng.permutation(rest)])[: _KNOWN + _LOOKED]
    return np.asarray(np.exp(float(line.mean()) + drawn))


def _step(values: Floats, sign: int) -> Floats:
    """A quarter more, or a fifth less, from the week on."""
    return np.asarray(np.where(np.arange(len(values)) >= _PLANTED_AT, values * 1.25**sign, values))


def _bend(values: Floats, sign: int) -> Floats:
    """Three of a hundred a week, from the week on."""
    return np.asarray(values * np.exp(0.03 * sign * np.maximum(np.arange(len(values)) - _PLANTED_AT + 1, 0)))


def _spike(values: Floats, sign: int) -> Floats:
    """That week half as much again, or a third less."""
    return np.asarray(np.where(np.arange(len(values)) == _PLANTED_AT, values * 1.5**sign, values))


def _watch_departments(rows: Named, rng: np.random.Generator, plant: Callable[[Floats, int], Floats]) -> _Told:
    planted, changed = _plant(rows, rng, plant)
    told = _told(partial(_until, changed))
    group = "anomaly" if plant is _spike else "trend"
    return _judge(told, planted, changed, group)


def _until(rows: Named, end: int) -> Watched:
    return Watched({name: row[:end].tolist() for name, row in rows.items()}, {}, {})


def _watch_shares(rows: Named, rng: np.random.Generator) -> _Told:
    """Lines of baskets, a hundredth of the revenue; the plants take from all the others."""
    lines = {name: np.round(row / float(np.median(row)) * rng.uniform(200, 2000)) for name, row in rows.items()}
    planted, changed = _plant(lines, rng, _step, share=0.2)
    told = _told(lambda end: Watched({}, {name: row[:end].tolist() for name, row in changed.items()}, {}))
    return _judge(told, planted, changed, "trend")


def _watch_products(rng: np.random.Generator) -> _Told:
    """Units of products; the plants treble within eight weeks, or sink to a third."""
    real = product_weeks(400)
    rows = {name: np.resize(rng.permutation(np.array(values)), _KNOWN + _LOOKED) for name, values in real.items()}

    def grow(values: Floats, sign: int) -> Floats:
        weeks = np.clip(np.arange(len(values)) - _PLANTED_AT + 1, 0, 8)
        return np.asarray(rng.poisson(np.maximum(values, 0) * 3.0 ** (sign * weeks / 8)), dtype=float)

    planted, changed = _plant(rows, rng, grow, share=0.1)
    told = _told(lambda end: Watched({}, {}, {name: [int(v) for v in row[:end]] for name, row in changed.items()}))
    return _judge(told, {f"units:product:{name}:week": at for name, at in planted.items()}, changed, "trend")


def _plant(
    rows: Named, rng: np.random.Generator, plant: Callable[[Floats, int], Floats], share: float = 0.5
) -> tuple[Mapping[str, int], Named]:
    """The sign of each plant by series, and all series with them."""
    signs = {name: int(rng.choice([-1, 1])) for name in rows if rng.random() < share}
    return signs, {name: plant(row, signs[name]) if name in signs else row for name, row in rows.items()}


def _told(watched: Callable[[int], Watched], known: int = _KNOWN, looked: int = _LOOKED) -> list[tuple[Trend, int]]:
    """Every trend that is told from week to week, with the week."""
    open_: list[Trend] = []
    lately: dict[tuple[str, str], Trend] = {}
    said: list[tuple[Trend, int]] = []
    for end in range(known, known + looked + 1):
        day = _FIRST + _WEEK * end
        news, over = decide(find_trends(watched(end)), open_, lately, day, day)
        gone = {one.trend.trend_id for one in over}
        open_ = [one for one in open_ if one.trend_id not in gone] + news
        lately |= {(one.series, group_of(one.kind)): one for one in news}
        said += [(one, end) for one in news]
    return said


def _judge(said: Sequence[tuple[Trend, int]], planted: Mapping[str, int], rows: Named, group: str) -> _Told:
    """Right is a trend of the group, of the series, the way of the plant and after it. What is told of the series
    without a plant, of either group, is false.
    """
    delays: list[int | None] = []
    for series, sign in planted.items():
        right = [
            end - _PLANTED_AT
            for one, end in said
            if one.series == series and one.change * sign > 0 and end > _PLANTED_AT and group_of(one.kind) == group
        ]
        delays.append(min(right) if right else None)
    false = [one for one, _ in said if one.series not in planted]
    years = (len(rows) - len(planted)) * (_LOOKED + 1) / 52
    return _Told(delays, 100 * len(false) / years)
