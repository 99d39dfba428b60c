"""What the fitting process does for the scores: the model, and how well the same model did on the weeks before."""

from datetime import date

import numpy as np

from services.forecasting.fitting.bgnbd import Patterns, expected, fit
from services.forecasting.scores.domain.lifetime import DAYS, Histories, Lifetime

FEWEST = 30
"""Fewer parties than this, or nobody who came back, tell nothing."""


def fit_lifetime(histories: Histories, cut: date, earlier: date) -> tuple[Lifetime, dict[str, float]] | None:
    """The model at `cut` and its measured quality: fitted at `earlier`, judged on the purchase days up to `cut`.

    Beside it the rate so far carried on. Errors are per party; totals are shares of what came. None if there is too
    little to learn from.
    """
    if len(histories) < FEWEST or not any(now.days > 1 for now, _ in histories):
        return None
    model = fit(Patterns.of([now.at(cut) for now, _ in histories]))
    return model, {"parties": float(len(histories)), **_quality(histories, cut, earlier)}


def _quality(histories: Histories, cut: date, earlier: date) -> dict[str, float]:
    known = [(now, before) for now, before in histories if before is not None]
    truth = np.array([now.days - before.days for now, before in known], dtype=float)
    if len(known) < FEWEST or not truth.sum() or not any(before.days > 1 for _, before in known):
        return {}
    patterns = Patterns.of([before.at(earlier) for _, before in known])
    weeks = (cut - earlier).days / DAYS
    guess = expected(fit(patterns), patterns, weeks)
    rate = patterns.repeats / np.maximum(patterns.age, 1.0) * weeks
    return {
        "held_out_weeks": weeks,
        "mae": float(np.abs(guess - truth).mean()),
        "rmse": float(np.sqrt(((guess - truth) ** 2).mean())),
        "total_error": float(guess.sum() / truth.sum() - 1),
        "baseline_mae": float(np.abs(rate - truth).mean()),
        "baseline_rmse": float(np.sqrt(((rate - truth) ** 2).mean())),
        "baseline_total_error": float(rate.sum() / truth.sum() - 1),
    }
