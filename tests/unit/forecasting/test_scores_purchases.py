from datetime import date
from typing import Any

import pytest
from hypothesis import given, strategies as st

from services.forecasting.scores.domain.purchases import PurchaseKey, add_up
from shared.engine.event import Event
from tests.unit.forecasting.facts import ADA, refund, sale
from tests.unit.forecasting.test_sales import SALES, revised


def test_sales_of_a_day_are_one_purchase_day_with_their_number_and_amount() -> None:
    first = sale("s-1", "2026-03-02", ("A", 1, 500), ("A", 2, 450))
    second = sale("s-2", "2026-03-02", ("A", 1, 500))

    assert add_up([first, second]) == {(ADA, date(2026, 3, 2), "DKK"): [2, 1900]}


def test_a_refund_does_not_undo_a_purchase() -> None:
    assert add_up([refund("r-1", "2026-03-02", 900, of="s-1")]) == {}


@pytest.mark.parametrize(("count", "sums"), [(1, [1, 1250]), (2, [1, 750]), (3, [0, 0]), (4, [1, 100])])
def test_what_was_cancelled_was_no_purchase(count: int, sums: list[int]) -> None:
    assert add_up(revised()[:count]) == {(ADA, date(2026, 3, 2), "DKK"): sums}


@given(events=st.lists(SALES, max_size=12), split=st.integers(0, 12), seed=st.randoms())
def test_batches_in_any_order_add_up_to_the_same(events: list[Event[Any]], split: int, seed: Any) -> None:
    shuffled = list(events)
    seed.shuffle(shuffled)

    assert _sum(add_up(shuffled[:split]), add_up(shuffled[split:])) == add_up(events)


def _sum(*batches: dict[PurchaseKey, list[int]]) -> dict[PurchaseKey, list[int]]:
    total: dict[PurchaseKey, list[int]] = {}
    for batch in batches:
        for key, sums in batch.items():
            total[key] = [a + b for a, b in zip(total.get(key, [0, 0]), sums, strict=True)]
    return total
