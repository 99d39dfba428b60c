"""Repeat purchases of the second half, foretold from the first: BG/NBD beside the simplest guesses."""

import time
from collections import defaultdict
from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from services.forecasting.fitting.bgnbd import Patterns, expected, fit
from services.forecasting.scores.domain.lifetime import DAYS, History

Floats = NDArray[np.float64]


def report(path: Path) -> list[str]:
    bought = read_purchases(path)
    first, last = min(map(min, bought.values())), max(map(max, bought.values()))
    cut = first + timedelta(weeks=round((last - first).days / DAYS / 2))
    known = {who: sorted(day for day in days if day < cut) for who, days in bought.items()}
    patterns = Patterns.of([History(days[0], days[-1], len(days)).at(cut) for days in known.values() if days])
    truth = np.array([sum(day >= cut for day in bought[who]) for who, days in known.items() if days], dtype=float)
    weeks = ((last - cut).days + 1) / DAYS
    began = time.perf_counter()
    model = fit(patterns)
    took = time.perf_counter() - began
    guesses = {
        "nobody returns; recency as score": (truth * 0, patterns.recency - patterns.age),
        "same rate as so far": (patterns.repeats / np.maximum(patterns.age, 1 / DAYS) * weeks,) * 2,
        "Rapport (BG/NBD on scipy)": (expected(model, patterns, weeks),) * 2,
    }
    return [
        f"lifetime: {len(truth)} customers, cut {cut}, {weeks:.0f} weeks held out, fit {took:.2f} s",
        f"r={model.r:.3f} alpha={model.alpha:.3f} a={model.a:.3f} b={model.b:.3f}",
        f"{'model':34}{'MAE':>7}{'RMSE':>7}{'total %':>9}{'AUC':>7}",
        *(_line(name, guess, score, truth) for name, (guess, score) in guesses.items()),
    ]


def read_purchases(path: Path) -> dict[str, set[date]]:
    """Purchase days by customer. A line ends with customer, date, quantity and value."""
    bought: dict[str, set[date]] = defaultdict(set)
    for line in path.read_text(encoding="utf-8").splitlines():
        columns = line.split()
        if len(columns) >= 4:
            bought[columns[-4]].add(datetime.strptime(columns[-3], "%Y%m%d").date())  # noqa: DTZ007 - a day, no instant
    return bought


def _line(name: str, guess: Floats, score: Floats, truth: Floats) -> str:
    error = guess - truth
    total = 100 * (guess.sum() / truth.sum() - 1)
    rmse = float(np.sqrt((error**2).mean()))
    return f"{name:34}{np.abs(error).mean():7.3f}{rmse:7.3f}{total:+9.1f}{_auc(score, truth > 0):7.3f}"


def _auc(score: Floats, positive: NDArray[np.bool_]) -> float:
    """The share of pairs (buyer, other) that the score puts in the right order; ties count half."""
    buyers, others = np.sort(score[positive]), score[~positive]
    right = len(buyers) - np.searchsorted(buyers, others, side="right")
    ties = np.searchsorted(buyers, others, side="right") - np.searchsorted(buyers, others, side="left")
    return float((right + ties / 2).sum() / (len(buyers) * len(others)))
