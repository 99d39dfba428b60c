"""Elasticities, and the prices that are advised by them."""

from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings, strategies as st

from services.forecasting.copies.domain import Product
from services.forecasting.fitting.elasticity import Estimate, estimate, shrink
from services.forecasting.fitting.prices import find_prices
from services.forecasting.prices.domain import Bounds, PriceAdvice, Priced, decide, priced
from services.forecasting.series.domain import PricedWeeks
from shared.events.money import MOST_MINOR, Money
from tests.unit.forecasting.facts import kroner

BOUNDS = Bounds(step=0.1, margin=0.05)
WEEKS = 78


def weekly(sku: str, elasticity: float, *, spread: float = 0.15, base: float = 200.0) -> PricedWeeks:
    """A price of about 1,000 that changes every five weeks, and what is sold for it."""
    rng = np.random.default_rng(list(sku.encode()))
    price = np.rint(1000 * np.exp(np.repeat(rng.normal(0, spread, WEEKS // 5 + 1), 5)[:WEEKS]))
    price[-13:] = 1000
    units = rng.poisson(base * (price / 1000) ** elasticity).astype(float)
    return PricedWeeks(sku, units.tolist(), (units * price).tolist(), [0.0] * WEEKS)


def look(weeks: PricedWeeks, cost: int = 500, **changed: Any) -> Priced:
    return replace(Priced(weeks, "DKK", ("TOYS",), 1000, cost), **changed)


def alone(one: Priced) -> PriceAdvice:
    return find_prices([one], BOUNDS)[0][0]


def test_a_price_is_raised_where_demand_hardly_answers_and_lowered_where_it_does() -> None:
    raised, lowered = alone(look(weekly("a", -0.5))), alone(look(weekly("b", -4.0)))

    assert raised.suggested == 1100
    assert lowered.suggested is not None
    assert 900 <= lowered.suggested < 1000
    for advice in (raised, lowered):
        assert advice.gain_low is not None
        assert advice.gain is not None
        assert advice.gain_high is not None
        assert 0 < advice.gain_low < advice.gain < advice.gain_high
        parts = [one.effect for one in advice.contributions if one.effect is not None]
        assert sum(parts) == pytest.approx(advice.gain)


def test_a_price_that_earns_most_already_is_left() -> None:
    assert alone(look(weekly("c", -2.0, base=20_000))).none_because == "nothing_to_gain"


def test_a_suggestion_is_never_below_the_floor() -> None:
    advice = alone(look(weekly("b", -6.0), cost=900))

    assert advice.floor == 945
    assert advice.suggested is None or advice.suggested >= 945
    assert alone(look(weekly("b", -4.0), cost=1100)).none_because == "below_floor"


@pytest.mark.parametrize(
    ("weeks", "because"),
    [
        (weekly("d", -2.0, spread=0.0), "price_never_varied"),
        (weekly("d", -2.0, base=0.3), "too_few_units"),
        (PricedWeeks("d", [5.0] * 20, [5000.0] * 20, [0.0] * 20), "too_few_weeks"),
        (PricedWeeks("d", [5e11] + [5.0] * 77, [5e14] + [5e3] * 77, [0.0] * 78), "units_absurd"),
        (PricedWeeks("d", [0.0] * 78, [0.0] * 78, [0.0] * 78), "not_sold"),
        (PricedWeeks("d", [5.0] * 78, [0.0] * 78, [0.0] * 78), "not_sold"),
        (PricedWeeks("d", [5.0] * 78, [-9.0] * 78, [0.0] * 78), "not_sold"),
        (PricedWeeks("d", [float("inf")] * 78, [1.0] * 78, [0.0] * 78), "units_absurd"),
    ],
    ids=["one price", "few units", "few weeks", "absurd", "nothing sold", "given away", "below zero", "infinite"],
)
def test_where_the_data_cannot_tell_there_is_no_advice_and_why(weeks: PricedWeeks, because: str) -> None:
    advice = alone(look(weeks))

    assert (advice.suggested, advice.none_because) == (None, because)


def test_where_the_gain_is_uncertain_there_is_no_advice() -> None:
    assert alone(look(weekly("e", -2.0, spread=0.03, base=8))).none_because == "gain_uncertain"


@pytest.mark.parametrize(
    ("product", "because"),
    [
        (None, "not_described"),
        (Product("a", "", ()), "price_unknown"),
        (Product("a", "", (), kroner(1000)), "cost_unknown"),
        (Product("a", "", (), kroner(1000), Money(minor=5, currency="EUR")), "other_currency"),
        (Product("a", "", (), Money(minor=1000, currency="EUR"), kroner(5)), "other_currency"),
        (Product("a", "", (), kroner(0), kroner(5)), "price_absurd"),
        (Product("a", "", (), kroner(-1000), kroner(5)), "price_absurd"),
        (Product("a", "", (), kroner(100_000), kroner(5)), "price_absurd"),
        (Product("a", "", (), kroner(MOST_MINOR), kroner(5)), "price_absurd"),
        (Product("a", "", (), kroner(1000), kroner(-5)), "cost_absurd"),
        (Product("a", "", (), kroner(1000), kroner(MOST_MINOR)), "cost_absurd"),
        (Product("a", "", (), kroner(1000), kroner(0)), None),
    ],
)
def test_a_description_alone_may_forbid_an_advice(product: Product | None, because: str | None) -> None:
    found = priced(weekly("a", -0.5), "DKK", product)

    assert found.unfit == because
    assert alone(found).none_because == because


def test_one_absurd_order_spoils_nobody_elses_price() -> None:
    shop = [look(weekly(f"p{letter}", -0.5)) for letter in "abcdefghijklmnop"]
    before = {one.sku: one.suggested for one in find_prices(shop, BOUNDS)[0]}
    first = shop[0].weeks
    absurd = replace(first, units=[1e15, *first.units[1:]], revenue=[1e20, *first.revenue[1:]])

    after = {one.sku: one for one in find_prices([replace(shop[0], weeks=absurd), *shop[1:]], BOUNDS)[0]}

    assert after.pop("pa").none_because == "units_absurd"
    assert sum(before[sku] != one.suggested for sku, one in after.items()) == 0


def test_promotions_are_told_from_the_price() -> None:
    """Offers sell more by their leaflets than by what they take off: the price alone answers for nothing of it."""
    rng = np.random.default_rng(3)
    offered = rng.random(WEEKS) < 0.2
    price = 1000 * np.exp(np.repeat(rng.normal(0, 0.12, WEEKS // 3), 3)) * np.where(offered, 0.8, 1)
    units = rng.poisson(300 * (price / 1000) ** -1.0 * np.where(offered, 2.0, 1)).astype(float)
    known = estimate(units, units * price, units * offered, np.ones(WEEKS))
    blind = estimate(units, units * price, units * 0, np.ones(WEEKS))

    assert isinstance(known, Estimate)
    assert isinstance(blind, Estimate)
    assert known.value == pytest.approx(-1.0, abs=0.25)
    assert blind.value < known.value - 0.5


def test_an_estimate_is_drawn_to_its_category_the_more_the_less_it_knows() -> None:
    toys = [(("TOYS", f"t{n}"), Estimate(-2.0 + n / 50, 0.2, 0.1)) for n in range(6)]
    foods = [(("FOOD",), Estimate(-0.5 + n / 50, 0.2, 0.1)) for n in range(6)]

    found = shrink([*toys, *foods, (("TOYS", "t9"), Estimate(1.0, 2.0, 0.1)), (("TOYS",), Estimate(-3.0, 0.05, 0.1))])

    assert found[-2].value == pytest.approx(-2.0, abs=0.3)
    assert found[-2].error < 1.0
    assert found[-1].value == pytest.approx(-3.0, abs=0.1)
    assert all(-1 < one.usual < 0 for one in found[6:12])
    assert shrink([(("TOYS",), Estimate(-2.0, 0.5, 0.1))])[0].weight == 1.0
    assert shrink([]) == []


NUMBERS = st.floats(-10, 1e12) | st.sampled_from([0.0, 1.0, 5.0])


@settings(max_examples=60, deadline=None)
@given(
    weeks=st.lists(st.tuples(NUMBERS, NUMBERS, NUMBERS), min_size=1, max_size=60),
    price=st.integers(1, 10**6),
    cost=st.integers(0, 10**6),
)
@example(weeks=[(1e-300, 1e12, 0.0)] * 30, price=100, cost=50)
def test_whatever_was_sold_an_advice_keeps_its_bounds(
    weeks: list[tuple[float, float, float]], price: int, cost: int
) -> None:
    columns = [list(column) for column in zip(*weeks, strict=True)]
    product = Product("a", "", (), kroner(price), kroner(cost))
    one = priced(PricedWeeks("a", *columns), "DKK", product)

    (advice,), _ = find_prices([one], BOUNDS)

    assert (advice.suggested is None) == (advice.none_because is not None)
    if advice.suggested is not None:
        assert advice.floor is not None
        assert max(advice.floor, price * 0.9) <= advice.suggested <= price * 1.1


def test_a_price_that_was_followed_is_looked_at_anew() -> None:
    (first,), _ = find_prices([look(weekly("a", -0.5))], BOUNDS)
    told = decide([first], {}, date(2026, 3, 2)).told
    standing = {one.advice.sku: one for one in told}
    moved = replace(first, price=first.suggested, suggested=first.price)

    assert decide([first], standing, date(2026, 3, 9)).told == []
    assert len(decide([moved], standing, date(2026, 3, 9)).told) == 1
