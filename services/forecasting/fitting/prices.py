"""A price for each product within its bounds: the one that earns most of those that surely earn more than today's."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from services.forecasting.fitting.elasticity import Estimate, Shrunk, estimate, shrink
from services.forecasting.prices.domain import RECENT_WEEKS, Bounds, NoAdvice, PriceAdvice, Priced
from shared.events.figures import is_finite
from shared.events.insights import Contribution

Floats = NDArray[np.float64]
_PRICES = 41
_LEAST_GAIN = 0.01
"""Of what the product earns, or it is not worth the trouble."""
_FEWEST_OTHERS = 10
_MOST_OF_USUAL = 5.0
_ODDS = norm.ppf((np.arange(201) + 0.5) / 201)
_FEW_ODDS = norm.ppf((np.arange(9) + 0.5) / 9)


@dataclass(frozen=True, slots=True)
class _Now:
    """A week as it is: units, how sure they are, what one is sold for on average, and what it costs."""

    units: float
    doubt: float
    paid: float
    cost: float


def find_prices(products: Sequence[Priced], bounds: Bounds) -> tuple[list[PriceAdvice], dict[str, float]]:
    """An advice of each product, or why there is none; and what the elasticities of all are like."""
    if not products:
        return [], {}
    others = _others(products)
    estimates: dict[int, Estimate] = {}
    unfit: dict[int, NoAdvice] = {}
    for place, one in enumerate(products):
        weeks = one.weeks
        found = estimate(np.array(weeks.units), np.array(weeks.revenue), np.array(weeks.discounted), others[place])
        if isinstance(found, Estimate):
            estimates[place] = found
        else:
            unfit[place] = found
        if one.unfit is not None:
            unfit[place] = one.unfit
    shrunk = dict(zip(estimates, shrink([(products[at].category, own) for at, own in estimates.items()]), strict=True))
    advice = [
        PriceAdvice(one.sku, one.currency, one.price, unfit[place])
        if place in unfit
        else _advise_of_finite(one, estimates[place], shrunk[place], bounds)
        for place, one in enumerate(products)
    ]
    return advice, _quality(advice, list(shrunk.values()))


def _others(products: Sequence[Priced]) -> Floats:
    """What the others sold in each week beside what they usually do: those of the department where they are enough."""
    units = np.array([one.weeks.units for one in products], dtype=float).reshape(len(products), -1)
    sold = np.nan_to_num(units, posinf=0.0).clip(0.0)
    usual = sold.mean(axis=1, keepdims=True)
    level = np.minimum(np.divide(sold, usual, out=np.ones_like(sold), where=usual > 0), _MOST_OF_USUAL)
    total, count = level.sum(axis=0), len(products)
    departments = [one.category[:1] for one in products]
    of = {name: [at for at, own in enumerate(departments) if own == name] for name in set(departments)}
    found = np.empty_like(level)
    for name, members in of.items():
        alone = len(members) > _FEWEST_OTHERS and name
        whole, many = (level[members].sum(axis=0), len(members)) if alone else (total, count)
        found[members] = (whole[None, :] - level[members]) / max(many - 1, 1)
    return found if count > _FEWEST_OTHERS else np.ones_like(level)


def _advise_of_finite(product: Priced, own: Estimate, known: Shrunk, bounds: Bounds) -> PriceAdvice:
    """A product whose figures are beyond what can be calculated with is told so, and takes no other with it."""
    try:
        advice = _advise(product, own, known, bounds)
    except (ArithmeticError, ValueError):
        advice = None
    if advice is not None and is_finite(advice):
        return advice
    return PriceAdvice(product.sku, product.currency, product.price, "demand_untold")


def _advise(product: Priced, own: Estimate, known: Shrunk, bounds: Bounds) -> PriceAdvice:
    now = _now(product)
    assert product.price is not None
    price, low, high = product.price, known.value - 1.96 * known.error, known.value + 1.96 * known.error
    least = now.cost * (1 + bounds.margin)
    floor = int(np.ceil(max(least, least * price / now.paid)))
    asked = np.linspace(price * (1 - bounds.step), price * (1 + bounds.step), _PRICES)
    tried = np.unique(np.clip(np.rint(asked), np.ceil(asked[0]), np.floor(asked[-1])).astype(np.int64))
    tried = tried[(tried >= max(floor, 1)) & (tried != price)]
    said = PriceAdvice(
        product.sku,
        product.currency,
        price,
        floor=floor,
        elasticity=known.value,
        elasticity_low=low,
        elasticity_high=high,
        contributions=_evidence(product, now, own, known),
    )
    if not len(tried):
        return _without(said, "below_floor" if price < floor else "nothing_to_gain")
    gains = _gains(now, known, tried / price)
    mean, lower, upper = gains.mean(axis=1), *np.quantile(gains, (0.025, 0.975), axis=1)
    earned = abs(now.paid - now.cost) * now.units
    sure = lower > 0
    if not sure.any():
        surely_not = (upper < _LEAST_GAIN * earned).all()
        return _without(said, "nothing_to_gain" if surely_not else "gain_uncertain")
    best = int(np.argmax(np.where(sure, mean, -np.inf)))
    if mean[best] < _LEAST_GAIN * earned:
        return _without(said, "nothing_to_gain")
    return _with(said, now, known, int(tried[best]), (float(mean[best]), float(lower[best]), float(upper[best])))


def _now(product: Priced) -> _Now:
    units = np.array(product.weeks.units[-RECENT_WEEKS:]).clip(0.0)
    revenue = float(np.sum(product.weeks.revenue[-RECENT_WEEKS:]))
    total = float(units.sum())
    doubt = float(units.std(ddof=1) / np.sqrt(len(units)) / units.mean()) if len(units) > 1 else 1.0
    assert product.cost is not None
    return _Now(total / len(units), min(doubt, 1.0), revenue / total, float(product.cost))


def _gains(now: _Now, known: Shrunk, ratio: Floats) -> Floats:
    """What a week earns more at each price, over what the elasticity and the demand may be."""
    elasticity = known.value + known.error * _ODDS
    sold = np.exp(np.log(ratio)[:, None] * elasticity[None, :])
    more = (now.paid * ratio[:, None] - now.cost) * sold - (now.paid - now.cost)
    units = now.units * np.exp(now.doubt * _FEW_ODDS - now.doubt**2 / 2)
    return np.asarray((more[:, :, None] * units[None, None, :]).reshape(len(ratio), -1))


def _evidence(product: Priced, now: _Now, own: Estimate, known: Shrunk) -> tuple[Contribution, ...]:
    return (
        Contribution(input="units_a_week", value=now.units),
        Contribution(input="paid_for_a_unit", value=now.paid),
        Contribution(input="cost", value=now.cost),
        Contribution(input="own_elasticity", value=own.value),
        Contribution(input="own_elasticity_error", value=own.error),
        Contribution(input="elasticity_of_its_category", value=known.usual),
        Contribution(input="weight_of_its_own_weeks", value=known.weight),
        Contribution(input="spread_of_its_price", value=own.spread),
        Contribution(input="weeks_known", value=float(len(product.weeks.units))),
    )


def _with(said: PriceAdvice, now: _Now, known: Shrunk, suggested: int, gain: tuple[float, float, float]) -> PriceAdvice:
    """What the other price adds with the units of today, and what the other units add at it, are the gain."""
    assert said.price is not None
    ratio = suggested / said.price
    dearer = (ratio - 1) * now.paid * now.units
    parts = (
        Contribution(input="price_change", value=ratio - 1, effect=dearer),
        Contribution(input="units_change", value=ratio**known.value - 1, effect=gain[0] - dearer),
    )
    mean, low, high = gain
    contributions = (*said.contributions, *parts)
    return replace(said, suggested=suggested, gain=mean, gain_low=low, gain_high=high, contributions=contributions)


def _without(said: PriceAdvice, because: NoAdvice) -> PriceAdvice:
    return replace(said, none_because=because)


def _quality(advice: Sequence[PriceAdvice], shrunk: Sequence[Shrunk]) -> dict[str, float]:
    if not shrunk:
        return {}
    return {
        "advised": float(sum(one.suggested is not None for one in advice)),
        "elasticities": float(len(shrunk)),
        "median_elasticity": float(np.median([one.value for one in shrunk])),
        "median_error": float(np.median([one.error for one in shrunk])),
    }
