"""The fit of habits: a Poisson regression of what came on the inputs of churn, beside what BG/NBD had foretold."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from services.forecasting.scores.domain.churn import INPUTS, Came, Term, inputs_of, levels_of
from services.forecasting.scores.domain.habits import Habits
from services.forecasting.scores.domain.lifetime import History

Floats = NDArray[np.float64]
_RIDGE = 100.0
_BEYOND = 3.0
_CLEARLY = 2.0
"""Standard errors, by which habits must have spared squared errors in weeks that they had not seen."""
_LEAST = 1e-9


@dataclass(frozen=True, slots=True)
class Origin:
    """An earlier cut: its parties, what came of them, and what the model of that time had foretold of each."""

    day: date
    came: Came
    foretold: Floats

    def levels(self) -> Floats:
        return levels_at([history for history, _ in self.came], self.day)

    def truth(self) -> Floats:
        return np.array([days for _, days in self.came], dtype=float)

    def scaled(self) -> Floats:
        """As if all that came had been foretold: what all bought more or less of is no habit of any."""
        whole = float(self.foretold.sum())
        return self.foretold * (float(self.truth().sum()) / whole if whole > 0 else 1.0) + _LEAST


def levels_at(parties: Sequence[History], day: date) -> Floats:
    return np.array([levels_of(inputs_of(history, day)) for history in parties], dtype=float).reshape(-1, len(INPUTS))


def fit_habits(origins: Sequence[Origin], levels: Floats, foretold: Floats) -> tuple[Habits | None, float]:
    """Habits for parties of whom so much is foretold at the cut, and the share of the squared error that habits of the
    origins before spared at the newest; the sum of what is foretold stays as it was.

    None where there are no two origins, or where that was not clearly better.
    """
    if len(origins) < 2 or not all(origin.truth().any() for origin in origins):
        return None, 0.0
    *before, newest = origins
    past = _fit(before)
    factors = _factors(past, newest.levels())
    plain, truth = newest.scaled(), newest.truth()
    guess = plain * factors
    spared = (plain - truth) ** 2 - (guess * plain.sum() / guess.sum() - truth) ** 2
    share = float(spared.sum() / ((plain - truth) ** 2).sum())
    if not float(spared.sum()) > _CLEARLY * float(np.sqrt(len(spared)) * spared.std()):
        return None, share
    habits = _fit(origins)
    whole = float((foretold * _factors(habits, levels)).sum())
    return replace(habits, intercept=habits.intercept - float(np.log(whole / foretold.sum()))), share


def _fit(origins: Sequence[Origin]) -> Habits:
    """The likeliest weights under a ridge, of counts that vary more than a Poisson's by as much as they do."""
    levels = np.vstack([origin.levels() for origin in origins])
    truth = np.concatenate([origin.truth() for origin in origins])
    plain = np.concatenate([origin.scaled() for origin in origins])
    mean, deviation = levels.mean(axis=0), np.maximum(levels.std(axis=0), 1e-6)
    apart = np.clip((levels - mean) / deviation, -_BEYOND, _BEYOND)
    columns = np.column_stack([np.ones(len(truth)), apart, apart**2])
    varied = max(float(((truth - plain) ** 2).sum() / plain.sum()), 1.0)

    def loss(weights: Floats) -> tuple[float, Floats]:
        expected = np.exp(np.clip(np.log(plain) + columns @ weights, -20, 8))
        penalty = _RIDGE * np.r_[0.0, weights[1:]]
        value = float((expected - truth * np.log(expected)).sum()) / varied + float(penalty @ weights) / 2
        return value, columns.T @ (expected - truth) / varied + penalty

    found = minimize(loss, np.zeros(columns.shape[1]), jac=True, method="L-BFGS-B").x
    rows = zip(mean, deviation, found[1 : len(INPUTS) + 1], found[len(INPUTS) + 1 :], strict=True)
    return Habits(float(found[0]), tuple(Term(*map(float, row)) for row in rows))


def _factors(habits: Habits, levels: Floats) -> Floats:
    """As `Habits.factor`, of many."""
    terms = np.array([(one.mean, one.deviation, one.weight, one.squared) for one in habits.terms]).T
    apart = np.clip((levels - terms[0]) / terms[1], -_BEYOND, _BEYOND)
    return np.asarray(np.exp(np.clip(habits.intercept + apart @ terms[2] + apart**2 @ terms[3], -5, 5)), dtype=float)
