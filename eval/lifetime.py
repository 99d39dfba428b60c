"""Repeat purchases of the second half, foretold from the first, beside plain BG/NBD and the simplest guesses."""

import time
from collections import defaultdict
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from eval import purchases
from eval.churn import came_at
from eval.columns import PURCHASES, Roles, find_tables
from eval.drawn_customers import KINDS, draw_customers
from eval.rows import Row, compare
from eval.setting import Setting, UnfitError
from services.forecasting.fitting.bgnbd import Patterns, expected, fit
from services.forecasting.fitting.lifetime import fit_lifetime
from services.forecasting.scores.commands import HELD_OUT
from services.forecasting.scores.domain.lifetime import DAYS

Floats = NDArray[np.float64]
_DRAWN = 6000
"""Of 1,500 customers so few purchases come in 28 days that chance alone makes a total error of 6 to 10 %."""


def measure(setting: Setting) -> list[Row]:
    """CDNOW's sample, any `CDNOW*.txt` with a purchase a line, and any file of the folder with customers and dates."""
    paths = sorted(setting.data.glob("CDNOW*.txt")) if setting.data is not None else []
    tables = find_tables(setting, PURCHASES)
    if not paths and not tables:
        setting.file("CDNOW_sample.txt")
    rows = [row for path in paths for row in setting.attempt(partial(_measure_set, path))]
    return rows + [row for path, roles in tables for row in setting.attempt(partial(_measure_table, path, roles))]


def measure_drawn(setting: Setting) -> list[Row]:
    """Drawn customers of several kinds: the 28 days that scores look ahead, and the second half as with CDNOW's."""
    rows = []
    for name, kind in KINDS.items():
        bought = {str(who): set(days) for who, days in enumerate(draw_customers(kind, setting.seed, _DRAWN))}
        rows += _measure(bought, {f"{name}, 28 days ahead": HELD_OUT, f"{name}, half of the time ahead": None})
    return rows


def _measure_set(path: Path) -> list[Row]:
    bought = read_purchases(path)
    weeks = ((max(map(max, bought.values())) - min(map(min, bought.values()))).days + 1) / DAYS
    return _measure(bought, {f"{path.stem}, half of {weeks:.0f} weeks held out": None})


def _measure_table(path: Path, roles: Roles) -> list[Row]:
    bought = purchases.read_purchases(path, roles)
    ahead = {f"{path.name}, 28 days ahead": HELD_OUT, f"{path.name}, half of the time ahead": None}
    return _measure(bought, ahead)


def _measure(bought: dict[str, set[date]], named: Mapping[str, timedelta | None]) -> list[Row]:
    """What is bought after half of the time, for so long or until the end."""
    first, last = min(map(min, bought.values())), max(map(max, bought.values()))
    cut = first + timedelta(weeks=round((last - first).days / DAYS / 2))
    everybody = [sorted(days) for days in bought.values()]
    parties = [history for history, _ in came_at(everybody, cut)]
    behind = [(day, came_at(everybody, day)) for back in (3, 2, 1) for day in (cut - HELD_OUT * back,)]
    patterns = Patterns.of([one.at(cut) for one in parties])
    began = time.perf_counter()
    plain = fit(patterns, plain=True)
    plainly, began = time.perf_counter() - began, time.perf_counter()
    found = fit_lifetime(parties, cut, behind)
    took = time.perf_counter() - began
    if found is None:
        raise UnfitError(f"{next(iter(named))}: too few customers, or nobody came back before {cut}")
    rows = []
    for name, ahead in named.items():
        end = last + timedelta(days=1) if ahead is None else cut + ahead
        truth = np.array([sum(cut <= day < end for day in days) for days in everybody if days[0] < cut], dtype=float)
        if not 0 < np.count_nonzero(truth) < len(truth):
            raise UnfitError(f"{name}: nobody bought from {cut} on, or everybody did; nothing is left to foretell")
        weeks = (end - cut).days / DAYS
        rate = patterns.repeats / np.maximum(patterns.age, 1 / DAYS) * weeks
        peer = expected(plain, patterns, weeks)
        peers = {
            "nobody returns; recency as score": _figures(truth * 0, patterns.recency - patterns.age, truth),
            "same rate as so far": _figures(rate, rate, truth),
            "BG/NBD": {**_figures(peer, peer, truth), "seconds": plainly},
        }
        guess = expected(found[0].lifetime, patterns, weeks)
        if ahead == HELD_OUT:  # habits are learnt for so long, and say nothing of later
            guess = np.array([found[0].ahead(one, cut) for one in parties])
        rows += compare("customers", name, ("Rapport", {**_figures(guess, guess, truth), "seconds": took}), peers)
    return rows


def read_purchases(path: Path) -> dict[str, set[date]]:
    """Purchase days by customer. A line ends with customer, date, quantity and value, below zero where it is taken
    back; raises UnfitError for another line.
    """
    bought: dict[str, set[date]] = defaultdict(set)
    for number, line in enumerate(path.read_text(encoding="utf-8-sig", errors="replace").splitlines(), 1):
        columns = line.split()
        if not columns:
            continue
        try:
            *_, customer, at, quantity, value = columns
            day = datetime.strptime(at, "%Y%m%d").date()  # noqa: DTZ007 - a day, no instant
            if min(float(quantity), float(value)) >= 0:
                bought[customer].add(day)
        except ValueError:
            raise UnfitError(f"{path.name}, line {number}: no customer, date (YYYYMMDD), quantity and value") from None
    if not bought:
        raise UnfitError(f"{path.name}: no purchase is in it")
    return bought


def _figures(guess: Floats, score: Floats, truth: Floats) -> dict[str, float]:
    error = guess - truth
    return {
        "MAE": float(np.abs(error).mean()),
        "RMSE": float(np.sqrt((error**2).mean())),
        "total error": float(guess.sum() / truth.sum() - 1),
        "AUC active": _auc(score, truth > 0),
    }


def _auc(score: Floats, positive: NDArray[np.bool_]) -> float:
    """The share of pairs (buyer, other) that the score puts in the right order; ties count half."""
    buyers, others = np.sort(score[positive]), score[~positive]
    right = len(buyers) - np.searchsorted(buyers, others, side="right")
    ties = np.searchsorted(buyers, others, side="right") - np.searchsorted(buyers, others, side="left")
    return float((right + ties / 2).sum() / (len(buyers) * len(others)))
