"""BG/NBD over all parties at once: maximum likelihood and expectations. Formulas as in `domain/lifetime.py`."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import betaln, expit, gammaln, hyp2f1

from services.forecasting.scores.domain.lifetime import ENOUGH, MILD, Lifetime, Pattern

Floats = NDArray[np.float64]
_STARTS = ((1.0, 4.0, 1.0, 2.5), (0.3, 4.0, 0.8, 2.5), (3.0, 2.0, 0.1, 3.0))
_CLEARLY = 5.0
"""By how much the logarithm of the likelihood must be greater for a party to leave at once: half of a unit is one more
parameter's due, and where there is no more to it the plain model errs less (measured)."""
_BOUNDS = [(-6.0, 7.0), (-6.0, 9.0), (-7.0, 7.0), (-7.0, 9.0)]


class Patterns:
    """Columns (x, t_x, T) of many parties; equal rows are one row with its weight while fitting."""

    def __init__(self, repeats: Floats, recency: Floats, age: Floats) -> None:
        self.repeats, self.recency, self.age = repeats, recency, age

    @classmethod
    def of(cls, patterns: Sequence[Pattern]) -> "Patterns":
        columns = np.array([(p.repeats, p.recency, p.age) for p in patterns], dtype=float).reshape(-1, 3)
        return cls(columns[:, 0], columns[:, 1], columns[:, 2])

    def distinct(self) -> tuple["Patterns", Floats]:
        rows, counts = np.unique(np.column_stack([self.repeats, self.recency, self.age]), axis=0, return_counts=True)
        return Patterns(rows[:, 0], rows[:, 1], rows[:, 2]), counts.astype(float)


def fit(patterns: Patterns, *, plain: bool = False) -> Lifetime:
    """The likeliest parameters; deterministic. Parties leave at once where that is clearly likelier, never in a `plain`
    BG/NBD.
    """
    rows, weights = patterns.distinct()
    later, likelihood = _likeliest(rows, weights, 0.0, [np.log(start) for start in _STARTS])
    if plain:
        return _model(later, 0.0)
    at_once, likelihood_at_once = _likeliest(rows, weights, 1.0, [later])
    return _model(at_once, 1.0) if likelihood_at_once > likelihood + _CLEARLY else _model(later, 0.0)


def _model(logs: Floats, at_once: float) -> Lifetime:
    r, alpha, a, b = map(float, np.exp(logs))
    return Lifetime(r, alpha, _off_one(a), b, at_once=at_once)


def _likeliest(rows: Patterns, weights: Floats, at_once: float, starts: Sequence[Floats]) -> tuple[Floats, float]:
    """The logarithms of the parameters, and that of the likelihood. A weak pull to the middle of the bounds keeps small
    samples finite.
    """

    def loss(logs: Floats) -> float:
        mean = float(weights @ _log_likelihood(logs, rows, at_once)) / float(weights.sum())
        return -mean + 1e-6 * float(logs @ logs)

    tries = [minimize(loss, start, method="L-BFGS-B", bounds=_BOUNDS) for start in starts]
    best = min(tries, key=lambda found: float(found.fun))
    return best.x, -float(best.fun) * float(weights.sum())


def alive(model: Lifetime, patterns: Patterns) -> Floats:
    x = patterns.repeats
    decay = (model.r + x) * np.log((model.alpha + patterns.age) / (model.alpha + patterns.recency))
    odds = np.log(model.a) - np.log(np.maximum(model.b + model.at_once + x - 1, 1e-12)) + decay
    return np.asarray(np.where(x + model.at_once > 0, expit(-odds), 1.0), dtype=float)


def expected(model: Lifetime, patterns: Patterns, weeks: float) -> Floats:
    """Purchase days of each party in the next `weeks`."""
    x, a, b = patterns.repeats, model.a, model.b + model.at_once
    z = weeks / (model.alpha + patterns.age + weeks)
    c = a + b + x - 1
    mild = (abs(a + b - 1 - model.r) + abs(a - 1)) * -np.log1p(-z) <= MILD
    tail = np.empty_like(z)
    tail[mild] = (1 - z[mild]) ** (a - 1) * hyp2f1(a + b - 1 - model.r, a - 1, c[mild], z[mild])
    tail[~mild] = _scaled(model.r + x[~mild], b + x[~mild], c[~mild], z[~mild])
    return np.asarray(model.level * c / (a - 1) * (1 - tail) * alive(model, patterns), dtype=float)


def _scaled(p: Floats, q: Floats, c: Floats, z: Floats) -> Floats:
    """(1 - z) ** p times Gauss's 2F1(p, q; c; z), as `domain/lifetime.py` has it for one party."""
    size, sign, n = p * np.log1p(-z), np.ones_like(z), 0
    whole = np.exp(size)
    while len(z):
        ratio = (p + n) * (q + n) / ((c + n) * (n + 1)) * z
        size, sign, n = size + np.log(np.abs(ratio)), sign * np.sign(ratio), n + 1
        whole += sign * np.exp(size)
        if not np.any((size >= ENOUGH) | (np.abs(ratio) >= 1)):  # it ends too where they are no numbers
            break
    return whole


def _off_one(a: float) -> float:
    """The expectation has a removable singularity at a = 1."""
    return a if abs(a - 1) > 1e-5 else 1 + 1e-5


def _log_likelihood(logs: Floats, rows: Patterns, at_once: float) -> Floats:
    """Equation 6 of the paper, per row; `logs` are log r, log alpha, log a, log b. With `at_once` each purchase, the
    first too, is a chance to leave.
    """
    r, alpha, a, b = np.exp(logs)
    x, chances = rows.repeats, rows.repeats + at_once
    rate = gammaln(r + x) - gammaln(r) + r * logs[1]
    stayed = betaln(a, b + chances) - betaln(a, b) - (r + x) * np.log(alpha + rows.age)
    left = betaln(a + 1, np.maximum(b + chances - 1, 1e-12)) - betaln(a, b) - (r + x) * np.log(alpha + rows.recency)
    return np.asarray(rate + np.where(chances > 0, np.logaddexp(stayed, left), stayed), dtype=float)
