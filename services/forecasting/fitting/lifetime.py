"""What the fitting process does for the scores: the model, and how well the same model did on the weeks before."""

from dataclasses import dataclass, replace
from datetime import date

import numpy as np
from numpy.typing import NDArray

from services.forecasting.fitting.bgnbd import Patterns, expected, fit
from services.forecasting.scores.domain.lifetime import DAYS, Histories, Lifetime

Floats = NDArray[np.float64]
FEWEST = 30
"""Fewer parties than this, or nobody who came back, tell nothing."""
_VARIES = 0.3
"""The standard deviation of the logarithm of a level before anything is known: what is bought in four weeks lies so far
from what a model foretells that knows neither seasons nor growth."""
_LEVELS = 0.5, 2.0


def fit_lifetime(histories: Histories, cut: date, earlier: date) -> tuple[Lifetime, dict[str, float]] | None:
    """The model at `cut` and its measured quality: fitted at `earlier`, judged on the purchase days up to `cut`.

    What was bought then beside what had been foretold is the level that the model at `cut` goes on with. Errors are
    per party and before the level is set; totals are shares of what came; beside them the rate so far carried on. None
    if there is too little to learn from.
    """
    if len(histories) < FEWEST or not any(now.days > 1 for now, _ in histories):
        return None
    model = fit(Patterns.of([now.at(cut) for now, _ in histories]))
    found = _judged(histories, cut, earlier)
    quality = {"parties": float(len(histories)), **(_quality(found) if found else {})}
    return replace(model, level=_level(found) if found else 1.0), quality


@dataclass(frozen=True, slots=True)
class _Judged:
    """Purchase days of the parties that were known at the earlier day: what came, what two models had foretold."""

    weeks: float
    truth: Floats
    guess: Floats
    rate: Floats


def _judged(histories: Histories, cut: date, earlier: date) -> _Judged | None:
    known = [(now, before) for now, before in histories if before is not None]
    truth = np.array([now.days - before.days for now, before in known], dtype=float)
    if len(known) < FEWEST or not truth.sum() or not any(before.days > 1 for _, before in known):
        return None
    patterns = Patterns.of([before.at(earlier) for _, before in known])
    weeks = (cut - earlier).days / DAYS
    rate = patterns.repeats / np.maximum(patterns.age, 1.0) * weeks
    return _Judged(weeks, truth, expected(fit(patterns), patterns, weeks), rate)


def _level(found: _Judged) -> float:
    """What came beside what was foretold, drawn to 1 by as much as chance may have made of it.

    On the logarithm: the mean of a normal posterior, whose error is that of the sum of all parties.
    """
    came = float(found.truth.sum())
    error = float(((found.truth - found.guess) ** 2).sum()) / came**2
    level = np.exp(np.log(came / float(found.guess.sum())) * _VARIES**2 / (_VARIES**2 + error))
    return float(min(max(level, _LEVELS[0]), _LEVELS[1]))


def _quality(found: _Judged) -> dict[str, float]:
    truth, guess, rate = found.truth, found.guess, found.rate
    return {
        "held_out_weeks": found.weeks,
        "mae": float(np.abs(guess - truth).mean()),
        "rmse": float(np.sqrt(((guess - truth) ** 2).mean())),
        "total_error": float(guess.sum() / truth.sum() - 1),
        "baseline_mae": float(np.abs(rate - truth).mean()),
        "baseline_rmse": float(np.sqrt(((rate - truth) ** 2).mean())),
        "baseline_total_error": float(rate.sum() / truth.sum() - 1),
    }
