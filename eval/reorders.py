"""Reorder points: drawn shops that order by them for a year, beside two usual rules.

Every week each product is looked at, and ordered where what is there and on its way is at its reorder point or below;
an order comes after the lead time, and what is asked for and not there is lost. The rules of thumb are a reorder point
of so many days of the mean, and the mean with so many standard deviations of a day (normal safety stock). The service
was tried on seed 1.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from eval.rows import Row
from eval.setting import Setting
from services.forecasting.copies.domain import Product
from services.forecasting.fitting.reorders import find_reorders
from services.forecasting.reorders.domain import KNOWN_DAYS, Rules, stocked

Floats = NDArray[np.float64]
_SEEDS = (11, 12)
_EACH = 25
_KNOWN, _PLAYED = 364, 182
_LEVEL, _REVIEW = 0.95, 7
_FIXED_DAYS = 7
KINDS = ("steady", "days of the week", "grows", "season", "alike from week to week", "seldom", "seldom and many")
Point = Callable[[Sequence[Floats], Sequence[int], int], list[tuple[int, int]]]
"""From the demand of each product, its lead time and the day: its reorder point, and up to how much is ordered."""


@dataclass(slots=True)
class _Played:
    """What came of a rule: weeks in which a product ran out, units lost of those asked for, and days of stock held."""

    short: float
    lost: float
    held: float


def measure(setting: Setting) -> list[Row]:
    """Each kind of demand by itself."""
    del setting
    return [row for seed in _SEEDS for kind in KINDS for row in _rows(kind, seed)]


def _rows(kind: str, seed: int) -> Iterator[Row]:
    rng = np.random.default_rng((seed, KINDS.index(kind)))
    demand = [_demand(kind, rng) for _ in range(_EACH)]
    leads = [int(lead) for lead in rng.integers(2, 29, _EACH)]
    of = f"{kind}, seed {seed}"
    yield Row("reorders", of, "Rapport", f"suffices, promised {_LEVEL}", _reached(ours, demand, leads))
    yield Row("reorders", of, "normal safety stock", f"suffices, promised {_LEVEL}", _reached(_normal, demand, leads))
    for name, rule in (("Rapport", ours), ("so many days", _fixed), ("normal safety stock", _normal)):
        played = _play(rule, demand, leads)
        yield Row("reorders", of, name, "weeks that run out", played.short)
        yield Row("reorders", of, name, "units lost", played.lost)
        yield Row("reorders", of, name, "days of stock held", played.held)


def ours(demand: Sequence[Floats], leads: Sequence[int], day: int) -> list[tuple[int, int]]:
    end = date.fromordinal(700_000 + day)
    products = [
        stocked(
            str(place),
            units[max(day - KNOWN_DAYS, 0) : day].tolist(),
            end,
            Product(str(place), "", (), stock=-1, lead_time_days=lead, described_on=end),
        )
        for place, (units, lead) in enumerate(zip(demand, leads, strict=True))
    ]
    found = find_reorders(products, Rules(_LEVEL, _REVIEW))
    return [
        (one.reorder_point, one.quantity - 1) if one.reorder_point is not None and one.quantity is not None else (0, 0)
        for one in found
    ]


def _fixed(demand: Sequence[Floats], leads: Sequence[int], day: int) -> list[tuple[int, int]]:
    return [
        (round(mean * (lead + _FIXED_DAYS + _REVIEW)), round(mean * (lead + _FIXED_DAYS + 2 * _REVIEW)))
        for units, lead in zip(demand, leads, strict=True)
        for mean in [float(units[:day].mean())]
    ]


def _normal(demand: Sequence[Floats], leads: Sequence[int], day: int) -> list[tuple[int, int]]:
    found = []
    for units, lead in zip(demand, leads, strict=True):
        mean, spread = float(units[:day].mean()), float(units[:day].std(ddof=1))
        point = mean * (lead + _REVIEW) + float(norm.ppf(_LEVEL)) * spread * np.sqrt(lead + _REVIEW)
        found.append((int(np.ceil(point)), int(np.ceil(point + mean * _REVIEW))))
    return found


def _reached(rule: Point, demand: Sequence[Floats], leads: Sequence[int]) -> float:
    """In how many looks the reorder point was enough for what was asked for until the delivery after next."""
    enough = [
        float(units[day : day + lead + _REVIEW].sum()) <= point
        for day in range(_KNOWN, _KNOWN + _PLAYED - 35, _REVIEW)
        for units, lead, (point, _) in zip(demand, leads, rule(demand, leads, day), strict=True)
    ]
    return float(np.mean(enough))


def _play(rule: Point, demand: Sequence[Floats], leads: Sequence[int]) -> _Played:
    there = [float(up_to) for _, up_to in rule(demand, leads, _KNOWN)]
    coming: list[dict[int, float]] = [{} for _ in demand]
    short, lost, asked, held = 0, 0.0, 0.0, 0.0
    for week in range(_KNOWN, _KNOWN + _PLAYED, _REVIEW):
        for place, (point, up_to) in enumerate(rule(demand, leads, week)):
            position = there[place] + sum(coming[place].values())
            if position <= point:
                coming[place][week + leads[place]] = up_to - position
        for place, units in enumerate(demand):
            ran_out = 0.0
            for day in range(week, week + _REVIEW):
                there[place] += coming[place].pop(day, 0.0)
                ran_out += max(float(units[day]) - there[place], 0.0)
                there[place] = max(there[place] - float(units[day]), 0.0)
                held += there[place] / max(float(units.mean()), 1e-9)
            asked += float(units[week : week + _REVIEW].sum())
            lost += ran_out
            short += ran_out > 0
    weeks = _PLAYED / _REVIEW * len(demand)
    return _Played(short / weeks, lost / asked, held / (weeks * _REVIEW))


def _demand(kind: str, rng: np.random.Generator) -> Floats:
    days = np.arange(_KNOWN + _PLAYED)
    mean: Floats = np.full(len(days), float(np.exp(rng.uniform(0, 3))))
    if kind == "days of the week":
        mean = mean * np.resize(rng.dirichlet(np.full(7, 2.0)) * 7, len(days))
    elif kind == "grows":
        mean = mean * np.exp(rng.uniform(-0.002, 0.002) * days)
    elif kind == "season":
        mean = mean * np.exp(0.4 * np.sin(2 * np.pi * (days / 365 + rng.random())))
    elif kind == "alike from week to week":
        level = np.zeros(len(days) // 7 + 1)
        for week in range(1, len(level)):
            level[week] = 0.8 * level[week - 1] + rng.normal(0, 0.2)
        mean = mean * np.exp(np.repeat(level, 7)[: len(days)])
    if kind.startswith("seldom"):
        asked = rng.random(len(days)) < rng.uniform(0.01, 0.06)
        more = rng.lognormal(1.0, 1.0, len(days)) if kind == "seldom and many" else rng.poisson(0.5, len(days))
        return np.asarray(np.rint(asked * (1 + more)))
    size = rng.uniform(1, 10)
    return np.asarray(rng.negative_binomial(size, size / (size + mean)), dtype=float)
