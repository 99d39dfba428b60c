"""The fit of the churn model: logistic regression with a ridge, and its measured quality beside recency."""

from collections.abc import Sequence
from datetime import date

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit
from scipy.stats import rankdata

from services.forecasting.scores.domain.churn import INPUTS, Churn, Left, Term, inputs_of, levels_of

Floats = NDArray[np.float64]
FEWEST = 50
"""Fewer parties that left, or that stayed, tell nothing."""
_RIDGE = 3.0
_BEYOND = 3.0


def fit_churn(cuts: Sequence[tuple[date, Left]]) -> tuple[Churn, dict[str, float]] | None:
    """The model of all cuts, and the quality of one that had not seen the last: fitted to those before, judged on it.

    None where too few left or stayed, or where recency alone puts the parties into a better order.
    """
    *before, (newest, judged) = cuts
    past = fit([*before])
    whole = fit(cuts)
    if past is None or whole is None:
        return None
    inputs = [inputs_of(history, newest) for history, _ in judged]
    left = np.array([gone for _, gone in judged], dtype=bool)
    if min(left.sum(), (~left).sum()) < FEWEST:
        return None
    guess = np.array([past.probability(row) for row in inputs])
    quality = {
        "parties": float(len(judged)),
        "auc": auc(guess, left),
        "brier": float(((guess - left) ** 2).mean()),
        "foretold": float(guess.mean()),
        "left": float(left.mean()),
        "worst_tenth_left": float(left[np.argsort(-guess, kind="stable")[: max(len(left) // 10, 1)]].mean()),
        "baseline_auc": auc(np.array([row[0] for row in inputs]), left),
        "baseline_brier": float(left.mean() * (1 - left.mean())),
    }
    quality["lift"] = quality["worst_tenth_left"] / quality["left"]
    return (whole, quality) if quality["auc"] > quality["baseline_auc"] else None


def fit(cuts: Sequence[tuple[date, Left]]) -> Churn | None:
    """The likeliest weights under a ridge; None where too few left or stayed."""
    levels = np.array([levels_of(inputs_of(history, cut)) for cut, left in cuts for history, _ in left]).reshape(
        -1, len(INPUTS)
    )
    left = np.array([gone for _, parties in cuts for _, gone in parties], dtype=float)
    if min(left.sum(), (1 - left).sum()) < FEWEST:
        return None
    return Churn(*fit_terms(levels, left))


def fit_terms(levels: Floats, left: Floats | NDArray[np.bool_]) -> tuple[float, tuple[Term, ...]]:
    """The intercept, and a term for each column of levels."""
    gone = np.asarray(left, dtype=float)
    mean, deviation = levels.mean(axis=0), np.maximum(levels.std(axis=0), 1e-6)
    apart = np.clip((levels - mean) / deviation, -_BEYOND, _BEYOND)
    columns = np.column_stack([np.ones(len(left)), apart, apart**2])

    def loss(weights: Floats) -> tuple[float, Floats]:
        odds = columns @ weights
        penalty = _RIDGE * np.r_[0.0, weights[1:]]
        value = float(np.logaddexp(0, odds).sum() - gone @ odds + penalty @ weights / 2)
        return value, columns.T @ (expit(odds) - gone) + penalty

    found = minimize(loss, np.zeros(columns.shape[1]), jac=True, method="L-BFGS-B").x
    weights, squares = found[1 : levels.shape[1] + 1], found[levels.shape[1] + 1 :]
    rows = zip(mean, deviation, weights, squares, strict=True)
    return float(found[0]), tuple(Term(*map(float, row)) for row in rows)


def auc(score: Floats, positive: NDArray[np.bool_]) -> float:
    """The share of pairs that the score puts in the right order; ties count half."""
    ranks = rankdata(score)
    count = int(positive.sum())
    return float((ranks[positive].sum() - count * (count + 1) / 2) / (count * (len(score) - count)))
