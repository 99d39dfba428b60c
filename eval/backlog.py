"""Warnings of a backlog on drawn desks of support: how many tell of trouble, and how long before it is worst."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import fmean, median

import numpy as np

from eval.rows import Row
from services.forecasting.warnings.domain.backlog import DAYS, settle_backlog, watch_backlog
from services.forecasting.warnings.domain.warning import Warned

_DESKS, _LONG, _FROM = 60, 280, date(2025, 1, 6)
_WEEKDAYS = (1.3, 1.1, 1.0, 1.0, 1.1, 0.6, 0.5)
Rule = Callable[[Sequence[int]], list[int]]
"""The days on which something is raised."""


@dataclass(frozen=True, slots=True)
class Desk:
    """Open tickets at the end of each day; where there is trouble, when it begins, and when most are open."""

    ends: Sequence[int]
    trouble: tuple[int, int] | None


def measure(seed: int) -> list[Row]:
    """Two of three desks have trouble once: half as many agents, or half as many tickets more, for two weeks."""
    rng = np.random.default_rng(seed)
    desks = [_draw(rng, number) for number in range(_DESKS)]
    ours, plain = _figures(desks, _raised), _figures(desks, _plain)
    name, peer = f"{_DESKS} drawn desks", "twice the median of eight weeks"
    return [Row("warnings", name, "Rapport, backlog", metric, ours[metric], peer, plain[metric]) for metric in ours]


def _draw(rng: np.random.Generator, number: int) -> Desk:
    """Nobody works on Sundays; tickets grow by up to a third in the time, and so do the agents."""
    size, growth = float(rng.uniform(8, 80)), float(rng.uniform(0, 0.3))
    begin = int(rng.integers(120, 240)) if number % 3 else _LONG
    open_, ends = int(size * 2), []
    for day in range(_LONG):
        grown = size * (1 + growth * day / _LONG)
        hurt = begin <= day < begin + 14
        came = rng.poisson(grown * _WEEKDAYS[day % 7] * (1.5 if hurt and number % 3 == 1 else 1.0))
        able = 0.0 if day % 7 == 6 else grown * 1.25 * (0.5 if hurt and number % 3 == 2 else 1.0)
        open_ = max(open_ + int(came) - int(rng.poisson(able)), int(grown / 2))
        ends.append(open_)
    if begin == _LONG:
        return Desk(ends, None)
    return Desk(ends, (begin, begin + int(np.argmax(ends[begin : begin + 28]))))


def _raised(ends: Sequence[int]) -> list[int]:
    """As the service does, each day: one at a time, until it is over."""
    found: list[int] = []
    standing: Warned | None = None
    for day in range(1, len(ends) + 1):
        known, at = ends[max(day - DAYS, 0) : day], _FROM + timedelta(days=day)
        if standing is not None:
            standing = None if settle_backlog(standing, known, at) else standing
        elif (standing := watch_backlog(known, at)) is not None:
            found.append(day - 1)
    return found


def _plain(ends: Sequence[int]) -> list[int]:
    found, standing = [], False
    for day in range(28, len(ends)):
        usual = median(ends[max(day - 56, 0) : day])
        if standing:
            standing = ends[day] > usual
        elif ends[day] > max(2 * usual, 10):
            found.append(day)
            standing = True
    return found


def _figures(desks: Sequence[Desk], rule: Rule) -> dict[str, float]:
    told, true, ahead, troubled = 0, 0, list[int](), 0
    for desk in desks:
        raised = rule(desk.ends)
        told += len(raised)
        if desk.trouble is not None:
            begin, worst = desk.trouble
            troubled += 1
            right = [day for day in raised if begin <= day < begin + 28]
            true += len(right)
            ahead += [worst - right[0]] if right else []
    return {
        "raised": float(told),
        "precision": true / told if told else 0.0,
        "recall": len(ahead) / troubled,
        "days ahead of the worst": fmean(ahead) if ahead else 0.0,
    }
