"""Customers of several kinds, drawn from a seed: when each of them bought, by rules that no model of ours assumes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from math import exp, pi, sin

import numpy as np

_FIRST = date(2023, 1, 2)
_DAYS = 546
_MOST = 3.2
"""No season or change makes anybody buy more often than so many times as usual."""


@dataclass(frozen=True, slots=True)
class Kind:
    """How often its customers buy, in days on average (gamma, `shape`, `every`), and how they leave: after a purchase
    with a probability of their own (beta, `leaving`), or after so many days on average, whatever they buy (`stays`).

    `season` is what the time of the year does to that, `drift` by how much it changes in half a year, by chance up or
    down; `even` is the shape of gaps that are more even than chance makes them; `arrive`: the share of the time, from 0
    to 1, at which each of them comes first.
    """

    shape: float
    every: float
    leaving: tuple[float, float] = (0.8, 5.0)
    stays: float | None = None
    season: Callable[[float], float] = lambda _: 1.0
    drift: float = 1.0
    even: float = 1.0
    arrive: Callable[[float], float] = lambda share: 0.9 * share


KINDS: Mapping[str, Kind] = {
    "one cohort": Kind(0.7, 40, arrive=lambda share: 0.15 * share),
    "coming all along": Kind(0.7, 40),
    "grocery": Kind(2.0, 7, stays=400),
    "subscription-like": Kind(30.0, 28, leaving=(0.5, 6.0), even=25),
    "even gaps": Kind(0.7, 40, even=3),
    "seasonal": Kind(0.7, 40, season=lambda year: 1 + 0.5 * sin(2 * pi * year)),
    "gifts": Kind(0.8, 90, season=lambda year: 0.55 + 2.3 * exp(-(((year - 0.93) / 0.04) ** 2))),
    "ever more customers": Kind(0.7, 40, arrive=lambda share: share**0.5),
    "changing frequency": Kind(0.7, 40, drift=2.0),
}


def draw_customers(kind: Kind, seed: int, count: int = 1500) -> list[list[date]]:
    """The purchase days of each, in order; 78 weeks in all."""
    rng = np.random.default_rng(seed)
    return [[_FIRST + timedelta(days=day) for day in sorted(_draw(kind, rng))] for _ in range(count)]


def _draw(kind: Kind, rng: np.random.Generator) -> set[int]:
    begin = kind.arrive(float(rng.random())) * _DAYS
    often = float(rng.gamma(kind.shape, 1 / (kind.shape * kind.every)))
    leaves = float(rng.beta(*kind.leaving)) if kind.stays is None else 0.0
    until = begin + float(rng.exponential(kind.stays)) if kind.stays else float(_DAYS)
    drift = float(rng.choice([1 / kind.drift, 1.0, kind.drift]))
    days: set[int] = set()
    at = begin
    while at < min(until, _DAYS):
        days.add(int(at))
        if rng.random() < leaves:
            break
        at = _next(kind, rng, at, often, lambda when: drift ** (min(when - begin, _DAYS) / 182))
    return days


def _next(kind: Kind, rng: np.random.Generator, at: float, often: float, changed: Callable[[float], float]) -> float:
    """The time of the next purchase; gaps are thinned (Lewis and Shedler 1979) where they change with time."""
    if kind.even > 1:
        return at + float(rng.gamma(kind.even, 1 / (kind.even * often)))
    while at < _DAYS:
        at += float(rng.exponential(1 / (_MOST * often)))
        if rng.random() < kind.season(at % 364 / 364) * changed(at) / _MOST:
            break
    return at
