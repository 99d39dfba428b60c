"""How many units of a product may be asked for until an order has come, and what that means for its stock.

What sells in most weeks: a level that is smoothed from week to week, at the pace that foretold best, and around it a
negative binomial that is as wide as the forecasts of the past were wrong over as many days; products of which little is
known are as wrong as others are. What sells seldom: the days of the past drawn again and again, each draw weighing them
otherwise (Rubin 1981; drawing days of sparse demand: Willemain, Smart and Schwarz 2004).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from zlib import crc32

import numpy as np
from numpy.typing import NDArray
from scipy.stats import nbinom

from services.forecasting.reorders.domain import ReorderAdvice, Rules, Stocked
from shared.events.insights import Contribution

Floats = NDArray[np.float64]
_WEEK = 7
_FEWEST_WEEKS = 8
_BEHIND = 4
"""Weeks that a level is smoothed over before it foretells."""
_PACES = (0.05, 0.1, 0.2, 0.4)
_SELDOM = 0.5
"""Sold in fewer of its weeks, a product is one that sells seldom."""
_DRAWS = 2000
_MOST_UNITS = 1e9
_AS_OTHERS = 4.0
"""So many stretches of days of its own weigh as much as what is usual among all products."""
_LEAST_WIDTH = 0.01


@dataclass(frozen=True, slots=True)
class _Errors:
    """Over stretches of `days`: what is expected of the next one, how much wider than a Poisson the errors were, as a
    share of the square of what was expected, and how many stretches tell that.
    """

    days: int
    expected: float
    width: float
    stretches: float


@dataclass(frozen=True, slots=True)
class _Demand:
    """Within some days: what is expected, units by probability, and the probability of more than some units."""

    expected: float
    draws: Floats | None = None
    size: float = 0.0

    def units(self, share: float) -> int:
        if self.draws is not None:
            return int(np.quantile(self.draws, share, method="higher"))
        return int(nbinom.ppf(share, self.size, self.size / (self.size + max(self.expected, 1e-9))))

    def more_than(self, units: int) -> float:
        if units < 0:
            return 1.0
        if self.draws is not None:
            return float((self.draws > units).mean())
        return float(nbinom.sf(units, self.size, self.size / (self.size + max(self.expected, 1e-9))))


def find_reorders(products: Sequence[Stocked], rules: Rules) -> list[ReorderAdvice]:
    """Of each product when to order and how much, or why that cannot be said."""
    errors: dict[tuple[int, int], _Errors] = {}
    for place, one in enumerate(products):
        if _looked_at(one):
            assert one.lead_time_days is not None
            for days in {max(one.lead_time_days, 1), one.lead_time_days + rules.review_days}:
                errors[place, days] = _foretell(np.array(one.days), days)
    usual = float(np.median([one.width for one in errors.values()])) if errors else 0.0
    return [_advise(place, one, errors, usual, rules) for place, one in enumerate(products)]


def _looked_at(product: Stocked) -> bool:
    return product.unfit is None and not _absurd(product) and len(product.days) >= _FEWEST_WEEKS * _WEEK


def _absurd(product: Stocked) -> bool:
    return not all(abs(units) <= _MOST_UNITS for units in product.days)


def _advise(
    place: int, product: Stocked, errors: dict[tuple[int, int], _Errors], usual: float, rules: Rules
) -> ReorderAdvice:
    if product.unfit is not None:
        return ReorderAdvice(product.sku, product.unfit)
    if _absurd(product):
        return ReorderAdvice(product.sku, "units_absurd")
    if not _looked_at(product):
        return ReorderAdvice(product.sku, "too_few_weeks")
    assert product.lead_time_days is not None
    lead, days = max(product.lead_time_days, 1), product.lead_time_days + rules.review_days
    soon, until = (_demand(product, errors[place, span], usual) for span in (lead, days))
    point = until.units(rules.service_level)
    said = ReorderAdvice(
        product.sku,
        product.uncounted,
        point,
        days=days,
        service_level=rules.service_level,
        demand=until.expected,
        demand_low=float(until.units(0.1)),
        demand_high=float(until.units(0.9)),
        contributions=_evidence(product, errors[place, days], seldom=until.draws is not None),
    )
    if product.stock is None:
        return said
    due = product.stock <= point
    # Once more what is expected until the next look, so that not every look leads to an order.
    quantity = max(point + round(until.expected * rules.review_days / days), 1) - product.stock if due else 0
    risk = (soon if due else until).more_than(product.stock)
    return replace(said, stock=product.stock, quantity=quantity, stock_out_risk=risk)


def _demand(product: Stocked, errors: _Errors, usual: float) -> _Demand:
    days = np.array(product.days)
    if _sells_seldom(days):
        draws = _draw(days, errors.days, crc32(product.sku.encode()))
        return _Demand(float(draws.mean()), draws)
    width = (errors.width * errors.stretches + usual * _AS_OTHERS) / (errors.stretches + _AS_OTHERS)
    return _Demand(errors.expected, size=1 / max(width, _LEAST_WIDTH))


def _weeks(days: Floats) -> Floats:
    """Whole weeks, the last of which ends with the last day."""
    return np.asarray(days[len(days) % _WEEK :].reshape(-1, _WEEK).sum(axis=1))


def _sells_seldom(days: Floats) -> bool:
    return float((_weeks(days) > 0).mean()) < _SELDOM


def _foretell(days: Floats, ahead: int) -> _Errors:
    """How wrong levels were over stretches of `ahead` days, each known by what was before it alone."""
    weeks = _weeks(days)
    upto = np.r_[0.0, np.cumsum(days[len(days) % _WEEK :])]
    origins = np.arange(_BEHIND, len(weeks) + 1)
    origins = origins[origins * _WEEK + ahead <= len(upto) - 1]
    came = upto[origins * _WEEK + ahead] - upto[origins * _WEEK]
    best: tuple[float, float, float] | None = None
    for pace in _PACES:
        levels = _smooth(weeks, pace)
        foretold = levels[origins - 1] * ahead / _WEEK
        wrong = float(((came - foretold) ** 2).mean()) if len(came) else float("inf")
        if best is None or wrong < best[0]:
            best = wrong, float(levels[-1]) * ahead / _WEEK, float(foretold.mean()) if len(came) else 0.0
    assert best is not None
    wrong, expected, usual = best
    stretches = max(len(origins) * _WEEK / ahead, 1.0) if len(origins) else 0.0
    width = max((wrong - usual) / usual**2, 0.0) if usual > 1e-6 and len(origins) else 0.0
    return _Errors(ahead, expected, width, min(stretches, float(len(origins))))


def _smooth(weeks: Floats, pace: float) -> Floats:
    """The level after each week; it begins as the mean of the first ones."""
    levels = np.empty(len(weeks))
    level = float(weeks[:_BEHIND].mean())
    for at, units in enumerate(weeks):
        level += max(pace, 1 / (at + 1 + _BEHIND)) * (float(units) - level)
        levels[at] = level
    return levels


def _draw(days: Floats, ahead: int, seed: int) -> Floats:
    """Sums of so many days drawn again, sorted by nothing; the same of the same product."""
    rng = np.random.default_rng(seed)
    sold = days[days > 0]
    weights = np.column_stack(
        [rng.standard_gamma(1.0, (_DRAWS, len(sold))), rng.standard_gamma(len(days) - len(sold) + 1, _DRAWS)]
    )
    drawn = rng.multinomial(ahead, weights / weights.sum(axis=1, keepdims=True))
    return np.asarray(np.rint(drawn[:, :-1] @ sold))


def _evidence(product: Stocked, errors: _Errors, *, seldom: bool) -> tuple[Contribution, ...]:
    assert product.lead_time_days is not None
    return (
        Contribution(input="lead_time_days", value=float(product.lead_time_days)),
        Contribution(input="units_a_week", value=errors.expected * _WEEK / errors.days),
        Contribution(input="weeks_known", value=float(len(product.days) // _WEEK)),
        Contribution(input="forecasts_were_off_by", value=float(np.sqrt(errors.width))),
        Contribution(input="sells_seldom", value=float(seldom)),
    )
