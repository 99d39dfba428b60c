"""What the fitting process does for the scores: the model, and how well the same model did on the weeks before."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from math import isfinite

import numpy as np

from services.forecasting.fitting.bgnbd import Patterns, expected, fit
from services.forecasting.fitting.habits import Origin, fit_habits, levels_at
from services.forecasting.scores.domain.churn import Came
from services.forecasting.scores.domain.habits import WEEKS_AHEAD, Buying
from services.forecasting.scores.domain.lifetime import History

FEWEST = 30
"""Fewer parties than this, or nobody who came back, tell nothing."""
_VARIES = 0.3
"""The standard deviation of the logarithm of a level before anything is known: what is bought in four weeks lies so far
from what a model foretells that knows neither seasons nor growth."""
_LEVELS = 0.5, 2.0


def fit_lifetime(
    parties: Sequence[History], cut: date, behind: Sequence[tuple[date, Came]]
) -> tuple[Buying, dict[str, float]] | None:
    """The model of the parties at `cut`, and its measured quality: that of one fitted to the newest day of `behind`,
    judged on the purchase days that came after it.

    What was bought then beside what had been foretold is the level that the model at `cut` goes on with; from all days
    behind habits are learnt. Errors are per party and before both; totals are shares of what came; beside them the rate
    so far carried on. None if there is too little to learn from; ArithmeticError where the
    numbers of these parties are beyond what can be calculated with.
    """
    if len(parties) < FEWEST or not any(one.days > 1 for one in parties):
        return None
    patterns = Patterns.of([one.at(cut) for one in parties])
    model = fit(patterns)
    judged = [found for day, came in behind if (found := _judged(day, came)) is not None]
    quality = {"parties": float(len(parties))}
    if not judged or judged[-1].day != behind[-1][0]:
        return Buying(model), quality
    habits, share = fit_habits(judged, levels_at(parties, cut), expected(model, patterns, WEEKS_AHEAD))
    model = replace(model, level=_level(judged[-1]))
    buying = Buying(model, habits)
    quality |= {**_quality(judged[-1]), "habits_spare": share}
    if not all(map(isfinite, (*buying.parameters().values(), *quality.values()))):
        raise ArithmeticError("what is foretold is no finite number")
    return buying, quality


def _judged(day: date, came: Came) -> Origin | None:
    """None where too little was known then, or nothing came."""
    if len(came) < FEWEST or not any(days for _, days in came) or not any(one.days > 1 for one, _ in came):
        return None
    patterns = Patterns.of([one.at(day) for one, _ in came])
    return Origin(day, came, expected(fit(patterns), patterns, WEEKS_AHEAD))


def _level(found: Origin) -> float:
    """What came beside what was foretold, drawn to 1 by as much as chance may have made of it.

    On the logarithm: the mean of a normal posterior, whose error is that of the sum of all parties.
    """
    truth, guess = found.truth(), found.foretold
    came = float(truth.sum())
    error = float(((truth - guess) ** 2).sum()) / came**2
    level = np.exp(np.log(came / float(guess.sum())) * _VARIES**2 / (_VARIES**2 + error))
    return float(min(max(level, _LEVELS[0]), _LEVELS[1]))


def _quality(found: Origin) -> dict[str, float]:
    truth, guess = found.truth(), found.foretold
    patterns = Patterns.of([one.at(found.day) for one, _ in found.came])
    rate = patterns.repeats / np.maximum(patterns.age, 1.0) * WEEKS_AHEAD
    return {
        "held_out_weeks": WEEKS_AHEAD,
        "mae": float(np.abs(guess - truth).mean()),
        "rmse": float(np.sqrt(((guess - truth) ** 2).mean())),
        "total_error": float(guess.sum() / truth.sum() - 1),
        "baseline_mae": float(np.abs(rate - truth).mean()),
        "baseline_rmse": float(np.sqrt(((rate - truth) ** 2).mean())),
        "baseline_total_error": float(rate.sum() / truth.sum() - 1),
    }
