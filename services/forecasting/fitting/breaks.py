"""Breaks in the level or the slope of a series, told from chance and from what one week has to do with the next.

The largest F of a step or a bend at any of the weeks (Quandt 1960; Andrews 1993), whose distribution is simulated for
series of the same length whose weeks seem alike to the same degree. What seems is all that is known: in short series
the true degree may well be greater, and most of the false breaks are of those where it is, so the distribution is over
all degrees that may lead to what is seen. The degree itself is told as the one that most often does, for what a fit
leaves is less alike than what was there (Andrews 1993, "Exactly median-unbiased estimation"). A break that is older
than what is looked for becomes a part of what is usual, and the rest is looked at again (Bai and Perron 1998).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from services.forecasting.trends.domain import USUAL_AFTER

Floats = NDArray[np.float64]
AFTER = 4
"""Weeks after a break without which it is not told from an odd week."""
BEFORE = 8
_OLD_CHANCE = 0.01
_MOST_OLD = 3
_ALIKE = np.array([0.0, 0.2, 0.4, 0.6, 0.8])
_SIMULATED = (3000, 2500, 2000, 1500, 1000)
"""Series of each degree: fewer are alike by more."""
_GROUPS = 8
_TAIL = 0.05
_SEED = 20_010_101


@dataclass(frozen=True, slots=True)
class Break:
    """`place`: the first value after it. `change`: how far the last values lie from where they would be without."""

    kind: Literal["level", "slope"]
    place: int
    change: float
    chance: float


@dataclass(frozen=True, slots=True)
class Breaks:
    """`recent` is the likeliest that is not usual yet, chance or not; `old` are those that are beyond chance and older.

    `left` is what all of them leave of the values, `alike` how much of it goes on from week to week.
    """

    recent: Break
    old: Sequence[Break]
    left: Floats
    alike: float


@dataclass(frozen=True, slots=True)
class _Usual:
    """Of simulated series without a break: `seen` of each degree of `_ALIKE`; and in groups by what is seen, with the
    `middle` of each, the sorted F.
    """

    seen: Floats
    middle: Floats
    anywhere: Floats
    recent: Floats


def find_breaks(values: Floats) -> Breaks:
    """Of BEFORE + AFTER values or more, without seasons and single odd weeks."""
    count = len(values)
    shapes, places = _shapes(count)
    recent = _recent(places, count)
    base = _line(count)
    old: list[Break] = []
    while True:
        strength, size, left = _tried(values, base, shapes)
        best = int(np.argmax(strength))
        seen = float(_alike(left[None, :])[0])
        if recent[best] or len(old) == _MOST_OLD or (odds := _chance(strength[best], seen, count)) > _OLD_CHANCE:
            break
        old.append(_break(shapes, places, best, size, odds))
        base = np.c_[base, shapes[:, best]]
    best = int(np.argmax(np.where(recent, strength, -1.0)))
    odds = _chance(strength[best], seen, count, recent=True)
    return Breaks(_break(shapes, places, best, size, odds), old, left, _unbiased(seen, count))


def effect_of(values: Floats, kind: str, after: int) -> float:
    """What a break of the kind, about `after` values before the end, would have changed by the end, chance or not."""
    shapes, places = _shapes(len(values))
    half = len(places) // 2
    at = int(np.argmin(np.abs(places[:half] - (len(values) - after)))) + (0 if kind == "level" else half)
    _, size, _ = _tried(values, _line(len(values)), shapes)
    return float(size[at] * shapes[-1, at])


def _break(shapes: Floats, places: NDArray[np.int64], at: int, size: Floats, odds: float) -> Break:
    kind: Literal["level", "slope"] = "level" if at < len(places) // 2 else "slope"
    return Break(kind, int(places[at]), float(size[at] * shapes[-1, at]), odds)


@lru_cache(maxsize=64)
def _shapes(count: int) -> tuple[Floats, NDArray[np.int64]]:
    """Steps at each place, then bends at each; a column each."""
    places = np.arange(min(BEFORE, count - AFTER), count - AFTER + 1)
    after = np.arange(count)[:, None] - places[None, :]
    return np.c_[(after >= 0).astype(float), np.maximum(after + 1, 0).astype(float)], np.r_[places, places]


def _recent(places: NDArray[np.int64], count: int) -> NDArray[np.bool_]:
    half = len(places) // 2
    weeks = np.r_[np.full(half, USUAL_AFTER["level"]), np.full(half, USUAL_AFTER["slope"])]
    return np.asarray(places >= count - weeks)


def _line(count: int) -> Floats:
    return np.asarray(np.c_[np.ones(count), np.linspace(-1, 1, count)])


def _tried(values: Floats, base: Floats, shapes: Floats) -> tuple[Floats, Floats, Floats]:
    """For one series: F and size of each shape beside the base, and what the best of them leaves."""
    strength, size, left = _tried_all(values[None, :], base, shapes)
    return strength[0], size[0], left[0]


def _tried_all(rows: Floats, base: Floats, shapes: Floats) -> tuple[Floats, Floats, Floats]:
    basis = np.linalg.qr(base)[0]
    apart = shapes - basis @ (basis.T @ shapes)
    power = np.maximum((apart**2).sum(axis=0), 1e-12)
    apart[:, power < 1e-6] = 0.0  # a shape that the base has already
    rest = rows - (rows @ basis) @ basis.T
    size = rest @ apart / power
    freedom = max(rows.shape[1] - base.shape[1] - 1, 1)
    explained = size**2 * power
    strength = explained / np.maximum(((rest**2).sum(axis=1)[:, None] - explained) / freedom, 1e-18)
    best = np.argmax(strength, axis=1)
    left = rest - np.take_along_axis(size, best[:, None], axis=1) * apart.T[best]
    return strength, size, left


def _alike(left: Floats) -> Floats:
    """The correlation of each value with the one before."""
    return np.asarray((left[:, 1:] * left[:, :-1]).sum(axis=1) / np.maximum((left**2).sum(axis=1), 1e-18))


def _unbiased(seen: float, count: int) -> float:
    return float(np.interp(seen, _usual(count).seen, _ALIKE))


def _chance(strength: float, seen: float, count: int, *, recent: bool = False) -> float:
    """Of an F as large or larger, the tail as exponential as that of a likelihood ratio."""
    usual = _usual(count)
    known = usual.recent if recent else usual.anywhere
    place = float(np.interp(seen, usual.middle, np.arange(_GROUPS)))
    lower = int(min(place, _GROUPS - 2))
    odds = [_beyond(known[at], np.log1p(strength / count) * count) for at in (lower, lower + 1)]
    return float(np.exp(np.interp(place, [lower, lower + 1], np.log(odds))))


def _beyond(known: Floats, ratio: float) -> float:
    begin = int(len(known) * (1 - _TAIL))
    if ratio <= known[begin]:
        return max(float((known >= ratio).mean()), _TAIL)
    mean = float((known[begin:] - known[begin]).mean())
    return max(_TAIL * float(np.exp(-(ratio - known[begin]) / mean)), 1e-12)


@lru_cache(maxsize=64)
def _usual(count: int) -> _Usual:
    """The same for every series of the length, so it is drawn once, and from the same numbers every time."""
    rng = np.random.default_rng(_SEED + count)
    noise = rng.standard_normal((max(_SIMULATED), count + 40))
    shapes, places = _shapes(count)
    recent = _recent(places, count)
    seen, alikes, anywhere, late = [], [], [], []
    for alike, many in zip(_ALIKE, _SIMULATED, strict=True):
        rows = noise[:many].copy()
        for at in range(1, rows.shape[1]):
            rows[:, at] += alike * rows[:, at - 1]
        strength, _, left = _tried_all(rows[:, 40:], _line(count), shapes)
        alikes.append(_alike(left))
        seen.append(float(np.median(alikes[-1])))
        anywhere.append(np.log1p(strength.max(axis=1) / count) * count)
        late.append(np.log1p(strength[:, recent].max(axis=1) / count) * count)
    order = np.argsort(np.concatenate(alikes), kind="stable").reshape(_GROUPS, -1)
    return _Usual(
        np.maximum.accumulate(seen),
        np.median(np.concatenate(alikes)[order], axis=1),
        np.sort(np.concatenate(anywhere)[order], axis=1),
        np.sort(np.concatenate(late)[order], axis=1),
    )
