"""How well models foretold the 28 days that they had not seen."""

from datetime import date

import numpy as np

from services.forecasting.fitting.churn import auc
from services.forecasting.models.domain import drift
from services.forecasting.scores.domain.churn import Came, Churn, Left, inputs_of
from services.forecasting.scores.domain.habits import Buying

FEWEST = 30
"""Fewer parties tell nothing."""


def judge_churn(model: Churn, fitted: tuple[date, Left], judged: tuple[date, Left]) -> dict[str, float]:
    """Of the parties that had bought by the day of `judged`: the order of its answers, their errors, how many were
    foretold and how many left, and how far its answers drifted from those at its own cut. Empty for too few.
    """
    day, parties = judged
    if len(parties) < FEWEST:
        return {}
    guess = np.array(_answers(model, day, parties))
    left = np.array([gone for _, gone in parties], dtype=bool)
    quality = {
        "parties": float(len(parties)),
        "brier": float(((guess - left) ** 2).mean()),
        "baseline_brier": float(left.mean() * (1 - left.mean())),
        "foretold": float(guess.mean()),
        "left": float(left.mean()),
        "drift": drift(_answers(model, *fitted), guess.tolist()),
    }
    return {**quality, "auc": auc(guess, left)} if left.any() and not left.all() else quality


def judge_lifetime(model: Buying, parties: Came, since: date) -> dict[str, float]:
    """Of the parties that had bought by `since`: purchase days in the 28 from it on beside those that were foretold.
    Empty for too few.
    """
    if len(parties) < FEWEST:
        return {}
    came = np.array([days for _, days in parties], dtype=float)
    guess = np.array([model.ahead(history, since) for history, _ in parties])
    quality = {
        "parties": float(len(parties)),
        "mae": float(np.abs(guess - came).mean()),
        "baseline_mae": float(np.abs(came.mean() - came).mean()),
        "foretold": float(guess.sum()),
        "came": float(came.sum()),
    }
    return {**quality, "total_error": float(guess.sum() / came.sum() - 1)} if came.sum() else quality


def _answers(model: Churn, day: date, parties: Left) -> list[float]:
    return [model.probability(inputs_of(history, day)) for history, _ in parties]
