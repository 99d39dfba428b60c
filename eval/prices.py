"""Prices: planted elasticities found again in drawn shops, and what is earned by following the advice.

A shop has twelve products in each of six categories, whose elasticities lie around that of their category. What is sold
in a week is drawn (negative binomial) around a demand that knows seasons, growth and leaflets. Kinds of shops differ in
how prices move. The method was tried on seed 1.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eval.rows import Row
from eval.setting import Setting
from services.forecasting.fitting.elasticity import Estimate, estimate, shrink
from services.forecasting.fitting.prices import find_prices
from services.forecasting.prices.domain import Bounds, Priced
from services.forecasting.series.domain import PricedWeeks

Floats = NDArray[np.float64]
_SEEDS = (11, 12)
_SHOPS = 4
_WEEKS = 78
_CATEGORIES, _EACH = 6, 12
_BOUNDS = Bounds(step=0.1, margin=0.05)
KINDS = ("seldom changed", "offers", "both, strong season", "few units", "follows demand")


@dataclass(frozen=True, slots=True)
class _Planted:
    """A product as it is looked at, and the truth of it."""

    product: Priced
    elasticity: float
    paid: float
    units: float


def measure(setting: Setting) -> list[Row]:
    """Each kind of shop by itself."""
    del setting
    return [row for seed in _SEEDS for kind in KINDS for row in _rows(kind, seed)]


def _rows(kind: str, seed: int) -> Iterator[Row]:
    rng = np.random.default_rng((seed, KINDS.index(kind)))
    shops = [_shop(kind, rng) for _ in range(_SHOPS)]
    of = f"{kind}, seed {seed}"
    own, pooled, errors = _elasticities(shops)
    for metric, ours, alone in (
        ("bias", float(pooled.mean()), float(own.mean())),
        ("RMSE", _rmse(pooled), _rmse(own)),
    ):
        yield Row("prices", of, "Rapport", f"elasticity, {metric}", ours, "unshrunk", alone)
    yield Row("prices", of, "Rapport", "elasticity, inside 95", float((np.abs(pooled) <= 1.96 * errors).mean()))
    yield from _money(of, shops)


def _elasticities(shops: Sequence[Sequence[_Planted]]) -> tuple[Floats, Floats, Floats]:
    """The errors of estimates alone and in the light of their category, and what the latter are said to be."""
    own, pooled, errors = [], [], []
    for shop in shops:
        found = [
            (one, told)
            for one in shop
            for told in [estimate(*_parts(one), _beside(shop, one))]
            if isinstance(told, Estimate)
        ]
        for (one, told), known in zip(
            found, shrink([(one.product.category, told) for one, told in found]), strict=True
        ):
            own.append(told.value - one.elasticity)
            pooled.append(known.value - one.elasticity)
            errors.append(known.error)
    return np.array(own), np.array(pooled), np.array(errors)


def _money(of: str, shops: Sequence[Sequence[_Planted]]) -> Iterator[Row]:
    """What a week truly earns more where the advice is followed, as a share of what all products earn; beside it what
    the best price within the bounds would, which only the planted elasticity knows.
    """
    earned, gained, best, said, within, lost, count = 0.0, 0.0, 0.0, 0.0, 0, 0, 0
    products = 0
    for shop in shops:
        advice, _ = find_prices([one.product for one in shop], _BOUNDS)
        for one, told in zip(shop, advice, strict=True):
            products += 1
            earned += _profit(one, 1.0)
            ratios = np.linspace(1 - _BOUNDS.step, 1 + _BOUNDS.step, 41)
            best += max(_profit(one, float(ratio)) for ratio in ratios) - _profit(one, 1.0)
            if told.suggested is None or told.price is None:
                continue
            assert told.gain is not None
            assert told.gain_low is not None
            assert told.gain_high is not None
            more = _profit(one, told.suggested / told.price) - _profit(one, 1.0)
            gained, said, count = gained + more, said + told.gain, count + 1
            lost += more < 0
            within += told.gain_low <= more <= told.gain_high
    yield Row("prices", of, "Rapport", "advised, of all products", count / products)
    yield Row("prices", of, "Rapport", "earned more a week", gained / earned, "nothing done", 0.0)
    yield Row("prices", of, "Rapport", "of what could be earned more", gained / best)
    yield Row("prices", of, "Rapport", "said to earn ÷ earns more", said / gained if gained else float("nan"))
    yield Row("prices", of, "Rapport", "gain inside its interval", within / max(count, 1))
    yield Row("prices", of, "Rapport", "advice that loses", lost / max(count, 1))


def _profit(one: _Planted, ratio: float) -> float:
    assert one.product.cost is not None
    return float((one.paid * ratio - one.product.cost) * one.units * ratio**one.elasticity)


def _shop(kind: str, rng: np.random.Generator) -> list[_Planted]:
    centres = -rng.uniform(0.8, 3.0, _CATEGORIES)
    return [
        _product(f"p-{at}-{n}", (f"c-{at}",), float(centres[at] + 0.4 * rng.standard_normal()), kind, rng)
        for at in range(_CATEGORIES)
        for n in range(_EACH)
    ]


def _product(sku: str, category: tuple[str, ...], elasticity: float, kind: str, rng: np.random.Generator) -> _Planted:
    weeks = np.arange(_WEEKS)
    listed = float(np.rint(np.exp(rng.uniform(6, 9))))
    strong = 0.5 if kind == "both, strong season" else 0.15
    season = strong * np.sin(2 * np.pi * (weeks / 52 + rng.uniform(-0.05, 0.05)))
    wanted = np.log(rng.uniform(2, 6) if kind == "few units" else np.exp(rng.uniform(2.5, 5))) + season
    wanted = wanted + rng.uniform(-0.004, 0.004) * weeks
    price, offered = _prices(kind, wanted, rng)
    leaflet = rng.uniform(0.0, 0.5)
    mean = np.exp(wanted + elasticity * np.log(price) + leaflet * offered)
    size = rng.uniform(4, 20)
    units = rng.negative_binomial(size, size / (size + mean)).astype(float)
    paid = np.rint(listed * price)
    cost = int(listed * rng.uniform(0.4, 0.85))
    weekly = PricedWeeks(sku, units.tolist(), (units * paid).tolist(), (units * offered).tolist())
    product = Priced(weekly, "DKK", category, int(paid[offered == 0][-1]), cost)
    recent = slice(-13, None)
    sold = float(mean[recent].mean())
    return _Planted(product, elasticity, float((mean * paid)[recent].mean() / sold), sold)


def _prices(kind: str, wanted: Floats, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """What is paid beside the usual price, and in which weeks it is on offer."""
    level = np.ones(_WEEKS)
    if kind != "offers":
        for begin in sorted(rng.choice(_WEEKS, size=5, replace=False)):
            level[begin:] = float(np.exp(rng.normal(0, 0.1)))
    if kind == "follows demand":  # dearer where more is wanted, which no look at the past can tell from a season
        level = level * np.exp(0.2 * (wanted - wanted.mean()))
    offered = np.zeros(_WEEKS)
    if kind != "seldom changed":
        offered[rng.random(_WEEKS) < 0.12] = 1.0
    depth = rng.choice([0.1, 0.2, 0.3], size=_WEEKS)
    return level * (1 - depth * offered), offered


def _parts(one: _Planted) -> tuple[Floats, Floats, Floats]:
    weeks = one.product.weeks
    return np.array(weeks.units), np.array(weeks.revenue), np.array(weeks.discounted)


def _beside(shop: Sequence[_Planted], one: _Planted) -> Floats:
    """What the other products of its category sold in each week, beside what they usually do."""
    rows = [
        np.array(each.product.weeks.units) / np.mean(each.product.weeks.units)
        for each in shop
        if each is not one and each.product.category == one.product.category
    ]
    return np.asarray(np.mean(rows, axis=0))


def _rmse(errors: Floats) -> float:
    return float(np.sqrt((errors**2).mean()))
