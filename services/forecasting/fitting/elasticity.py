"""How the demand of a product answers to its price, and what that tells of the others of its category.

Of each product a log-linear demand: the logarithm of the expected units of a week is linear in the logarithm of the
price that was paid. It is fitted as a Poisson quasi-likelihood, which keeps weeks without a sale and is right however
much the units vary (Santos Silva and Tenreyro 2006). Beside the price stand what other products sold in the week, the
share of units sold with a discount, a trend, and a wave of a year where there is one. Errors allow for weeks that are
alike (Newey and West 1987).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t as student

from services.forecasting.prices.domain import FEWEST_WEEKS, NoAdvice

Floats = NDArray[np.float64]
_FEWEST_SOLD = 13
_FEWEST_UNITS = 50.0
_LEAST_SPREAD = 0.02
"""Of the logarithm of the price; below it nothing is learnt of it."""
_MOST_UNITS = 1e9
_LEAST_UNITS = 1e-6
"""Less is what sums of parts leave where as much came back as was sold."""
_ODD = 10.0
"""A week of so many times the usual one is read as this: one customer's order, not the price, made it."""
_YEAR = 52
_LAGS = 4
_TAUS = np.linspace(0.0, 3.0, 61)
FEWEST_ALIKE = 5
"""Products that say what is usual in a category."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """The elasticity of one product by itself, with its standard error and the spread of the logarithm of its price."""

    value: float
    error: float
    spread: float


@dataclass(frozen=True, slots=True)
class Shrunk:
    """The elasticity of a product in the light of its category: `weight` is the part that its own weeks have in it."""

    value: float
    error: float
    weight: float
    usual: float


def estimate(units: Floats, revenue: Floats, discounted: Floats, others: Floats) -> Estimate | NoAdvice:
    """Of a product's weeks, oldest first; `others` is what other products sold beside what they usually do."""
    if not np.isfinite(units).all() or units.max(initial=0.0) > _MOST_UNITS:
        return "units_absurd"
    units = np.where(np.abs(units) < _LEAST_UNITS, 0.0, units)
    paid = np.divide(revenue, units, out=np.zeros(len(units)), where=units > 0)
    known = paid > 0
    if not known.any():
        return "not_sold"
    first = int(np.argmax(known))
    units, paid, known, others = units[first:], paid[first:], known[first:], others[first:]
    promoted = np.divide(discounted[first:], units, out=np.zeros(len(units)), where=units > 0).clip(0.0, 1.0)
    kept = known | (units <= 0)  # what was given away tells nothing of a price
    if kept.sum() < FEWEST_WEEKS or known.sum() < _FEWEST_SOLD:
        return "too_few_weeks"
    units = np.minimum(units, _ODD * float(np.median(units[known])))
    if units.sum() < _FEWEST_UNITS:
        return "too_few_units"
    last = np.maximum.accumulate(np.where(known, np.arange(len(paid)), 0))  # without a sale the price is as it was
    price = np.log(paid[last])
    if float(price[kept].std()) < _LEAST_SPREAD:
        return "price_never_varied"
    return _fit(units, price, promoted, others, kept)


def _fit(
    units: Floats, price: Floats, promoted: Floats, others: Floats, kept: NDArray[np.bool_]
) -> Estimate | NoAdvice:
    weeks = np.arange(len(units))
    columns = [np.ones(len(units)), price, promoted, np.log(others.clip(0.05)), weeks / len(units)]
    if len(units) >= _YEAR:
        columns += [np.sin(2 * np.pi * weeks / _YEAR), np.cos(2 * np.pi * weeks / _YEAR)]
    given = np.column_stack(columns)[kept]
    varied = given.std(axis=0) > 1e-6
    varied[0] = True
    given = given[:, varied]
    given[:, 1:] -= given[:, 1:].mean(axis=0)
    fitted = _quasi_poisson(given, units[kept])
    if fitted is None or not np.isfinite(fitted[0]) or not 0 < (error := fitted[1]) < 50:
        return "demand_untold"
    free = given.shape[0] - given.shape[1]
    return Estimate(fitted[0], error * float(student.ppf(0.975, free)) / 1.96, float(price[kept].std()))


def _quasi_poisson(given: Floats, units: Floats) -> tuple[float, float] | None:
    """The second coefficient and its standard error; None where they cannot be told."""
    count, width = given.shape
    if count <= width + 5:
        return None
    beta = np.zeros(width)
    beta[0] = np.log(max(float(units.mean()), 1e-3))
    small = np.eye(width) * 1e-6
    try:
        for _ in range(50):
            mean = np.exp((given @ beta).clip(-20, 25))
            step = np.linalg.solve(given.T @ (given * mean[:, None]) + small, given.T @ (units - mean))
            beta += step.clip(-2.0, 2.0)
            if np.abs(step).max() < 1e-8:
                break
        else:
            return None
        mean = np.exp((given @ beta).clip(-20, 25))
        bread = np.linalg.inv(given.T @ (given * mean[:, None]) + small)
    except np.linalg.LinAlgError:
        return None
    usual = bread * float(((units - mean) ** 2 / mean.clip(1e-9)).sum()) / (count - width)
    robust = bread @ _alike(given * (units - mean)[:, None]) @ bread * count / (count - width)
    return float(beta[1]), float(np.sqrt(max(usual[1, 1], robust[1, 1])))


def _alike(scores: Floats) -> Floats:
    """The covariance of the scores, neighbouring weeks being alike (Bartlett's weights)."""
    total = scores.T @ scores
    for lag in range(1, _LAGS + 1):
        cross = scores[lag:].T @ scores[:-lag]
        total = total + (1 - lag / (_LAGS + 1)) * (cross + cross.T)
    return np.asarray(total)


def shrink(estimates: Sequence[tuple[tuple[str, ...], Estimate]]) -> list[Shrunk]:
    """Each in the light of the narrowest category of its path that has FEWEST_ALIKE of them, or of all; where there are
    too few, alone.
    """
    members: dict[tuple[str, ...], list[int]] = {}
    for place, (path, _) in enumerate(estimates):
        for depth in range(len(path) + 1):
            members.setdefault(path[:depth], []).append(place)
    pooled: dict[tuple[str, ...], dict[int, Shrunk]] = {}
    found = []
    for place, (path, own) in enumerate(estimates):
        group = next(
            (path[:depth] for depth in range(len(path), -1, -1) if len(members[path[:depth]]) >= FEWEST_ALIKE), None
        )
        if group is None:
            found.append(Shrunk(own.value, own.error, 1.0, own.value))
            continue
        if group not in pooled:
            of = members[group]
            pooled[group] = dict(zip(of, _pool([estimates[at][1] for at in of]), strict=True))
        found.append(pooled[group][place])
    return found


def _pool(alike: Sequence[Estimate]) -> list[Shrunk]:
    """Normal estimates of normal elasticities, averaged over how far these lie apart (Gelman et al., Bayesian Data
    Analysis, 2013, section 5.4; after Morris 1983, whose intervals allow for what is estimated of the category too).
    """
    value = np.array([one.value for one in alike])
    variance = np.array([max(one.error, 1e-3) ** 2 for one in alike])
    total = variance[None, :] + _TAUS[:, None] ** 2
    certain = 1 / (1 / total).sum(axis=1)
    usual = certain * (value[None, :] / total).sum(axis=1)
    evidence = 0.5 * np.log(certain) - 0.5 * np.log(total).sum(axis=1)
    evidence -= 0.5 * ((value[None, :] - usual[:, None]) ** 2 / total).sum(axis=1)
    odds = np.exp(evidence - evidence.max())
    odds /= odds.sum()
    own = _TAUS[:, None] ** 2 / total
    mean = own * value[None, :] + (1 - own) * usual[:, None]
    spread = own * variance[None, :] + (1 - own) ** 2 * certain[:, None]
    centre = odds @ mean
    error = np.sqrt(odds @ (spread + (mean - centre[None, :]) ** 2))
    weight, middle = odds @ own, float(odds @ usual)
    return [Shrunk(float(centre[at]), float(error[at]), float(weight[at]), middle) for at in range(len(alike))]
