"""When products are to be ordered, and how much."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from services.forecasting.copies.domain import Product
from services.forecasting.fitting.reorders import find_reorders
from services.forecasting.reorders.domain import ReorderAdvice, Rules, decide, stocked

END = date(2026, 3, 2)
RULES = Rules(service_level=0.95, review_days=7)
DAYS = 182


def steady(mean: float = 3.0) -> list[float]:
    return [float(units) for units in np.random.default_rng(5).poisson(mean, DAYS)]


def described(**changed: Any) -> Product:
    return replace(Product("a", "", (), stock=100, lead_time_days=14, described_on=END - timedelta(days=1)), **changed)


def alone(days: list[float], product: Product | None, rules: Rules = RULES) -> ReorderAdvice:
    (advice,) = find_reorders([stocked("a", days, END, product)], rules)
    return advice


def test_a_reorder_point_suffices_for_lead_time_and_review() -> None:
    advice = alone(steady(), described())

    assert advice.days == 21
    assert advice.demand == pytest.approx(63, rel=0.15)
    assert advice.reorder_point is not None
    assert advice.demand is not None
    assert advice.demand_low is not None
    assert advice.demand_high is not None
    assert advice.demand_low < advice.demand < advice.demand_high < advice.reorder_point < 110
    assert (advice.quantity, advice.none_because) == (0, None)
    assert advice.stock_out_risk == pytest.approx(0, abs=0.05)


@pytest.mark.parametrize("stock", [0, 1, 40, -30])
def test_what_is_short_is_ordered_up_to_the_next_look(stock: int) -> None:
    advice = alone(steady(), described(stock=stock))

    assert advice.reorder_point is not None
    assert advice.quantity == pytest.approx(advice.reorder_point - stock + 21, abs=4)
    assert advice.stock_out_risk is not None
    assert advice.stock_out_risk > (0.4 if stock > 0 else 0.99)


def test_more_certainty_and_a_longer_way_need_more() -> None:
    usual, surer = (alone(steady(), described(), Rules(level, 7)) for level in (0.9, 0.99))
    longer = alone(steady(), described(lead_time_days=28), Rules(0.9, 7))

    assert usual.reorder_point is not None
    assert surer.reorder_point is not None
    assert longer.reorder_point is not None
    assert usual.reorder_point < surer.reorder_point
    assert usual.reorder_point < longer.reorder_point


def test_what_was_sold_on_later_days_is_gone() -> None:
    days = steady()

    today, earlier = (alone(days, described(described_on=END - timedelta(days=ago))).stock for ago in (0, 11))

    assert today == 100
    assert earlier == 100 - sum(days[-10:])


@pytest.mark.parametrize(
    ("product", "because"),
    [
        (None, "not_described"),
        (described(stock=None), "stock_unknown"),
        (described(described_on=None), "stock_unknown"),
        (described(described_on=END - timedelta(days=200)), "stock_outdated"),
        (described(stock=2**31 - 1), "stock_absurd"),
        (described(stock=-(2**31)), "stock_absurd"),
        (described(lead_time_days=None), "lead_time_unknown"),
        (described(lead_time_days=10_000), "lead_time_absurd"),
        (described(lead_time_days=366), "lead_time_absurd"),
        (described(lead_time_days=365), None),
        (described(lead_time_days=0), None),
        (described(stock=0), None),
        (described(stock=-5), None),
        (described(stock=999_999), None),
        (described(described_on=END + timedelta(days=3)), None),
    ],
)
def test_every_stock_and_lead_time_has_an_answer(product: Product | None, because: str | None) -> None:
    advice = alone(steady(), product)

    assert advice.none_because == because
    assert (advice.quantity is None) == (because is not None)
    # What is unknown of the stock takes nothing from what is known of the demand.
    assert (advice.reorder_point is not None) == (because is None or because.startswith("stock"))


@pytest.mark.parametrize(
    ("days", "because"),
    [
        ([], "not_sold"),
        ([0.0] * DAYS, "not_sold"),
        ([-4.0] * DAYS, "not_sold"),
        ([0.0] * (DAYS - 20) + [3.0] * 20, "too_few_weeks"),
        ([1.0] * (DAYS - 1) + [1e12], "units_absurd"),
        ([1.0] * (DAYS - 1) + [float("inf")], "units_absurd"),
    ],
    ids=["nothing known", "nothing sold", "below zero", "new", "absurd", "infinite"],
)
def test_whatever_was_sold_has_an_answer(days: list[float], because: str | None) -> None:
    assert alone(days, described()).none_because == because


def test_what_sells_seldom_is_drawn_from_its_own_days() -> None:
    rng = np.random.default_rng(8)
    days = ((rng.random(364) < 0.03) * rng.integers(1, 9, 364)).astype(float).tolist()

    advice = alone(days, described(stock=0))

    assert {one.input: one.value for one in advice.contributions}["sells_seldom"] == 1.0
    assert advice.reorder_point is not None
    assert advice.demand is not None
    assert advice.demand < advice.reorder_point <= 40
    assert advice == alone(days, described(stock=0))


def test_one_absurd_product_spoils_no_other() -> None:
    others = [replace(stocked("a", steady(n), END, described()), sku=f"p{n}") for n in range(1, 9)]
    absurd = stocked("x", [1.0] * (DAYS - 1) + [1e15], END, described())

    assert find_reorders([*others, absurd], RULES)[:-1] == find_reorders(others, RULES)


@settings(max_examples=60, deadline=None)
@given(
    days=st.lists(st.floats(-5, 1e9) | st.sampled_from([0.0, 0.0, 1.0, 5.0]), max_size=120),
    stock=st.integers(-(2**31), 2**31 - 1),
    lead=st.integers(0, 10_000),
    level=st.floats(0.5, 0.999),
)
def test_whatever_is_known_the_figures_are_in_order(days: list[float], stock: int, lead: int, level: float) -> None:
    advice = alone(days, described(stock=stock, lead_time_days=lead), Rules(level, 7))

    if advice.quantity is not None:
        assert advice.reorder_point is not None
        assert advice.stock is not None
        assert advice.stock_out_risk is not None
        assert advice.quantity >= 0
        assert advice.reorder_point >= 0
        assert (advice.quantity > 0) == (advice.stock <= advice.reorder_point)
        assert 0 <= advice.stock_out_risk <= 1


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({}, False),
        ({"stock": 97}, False),
        ({"reorder_point": 101}, False),
        ({"reorder_point": 120}, True),
        ({"quantity": 5}, True),
        ({"quantity": None, "none_because": "stock_unknown"}, True),
    ],
)
def test_it_is_told_again_where_it_moved_materially(changed: dict[str, Any], told: bool) -> None:
    first = ReorderAdvice("a", reorder_point=100, quantity=0, stock=120)
    standing = {one.advice.sku: one for one in decide([first], {}, END).told}

    assert bool(decide([replace(first, **changed)], standing, END + timedelta(days=7)).told) == told
