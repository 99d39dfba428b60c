from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, strategies as st

from services.forecasting.sales.domain import Folded, fold
from shared.engine.event import Event
from shared.events.money import Money
from tests.unit.forecasting.facts import ADA, BO, amended, cancelled, refund, sale

SLOT = datetime(2026, 3, 2, 12, tzinfo=UTC)
LINES = st.lists(st.tuples(st.sampled_from("ABC"), st.integers(1, 5), st.integers(0, 900)), min_size=1, max_size=4)
SALES = st.builds(
    lambda number, day, lines, party, channel: sale(
        f"s-{number}", f"2026-03-{day:02}", *lines, party=party, channel=channel
    ),
    st.integers(0, 10_000),
    st.integers(1, 9),
    LINES,
    st.sampled_from([ADA, BO]),
    st.sampled_from(["web", "phone"]),
)


def test_lines_of_one_sku_are_one_row_of_one_sale() -> None:
    folded = fold([sale("s-1", "2026-03-02", ("A", 1, 500), ("A", 2, 450)), sale("s-2", "2026-03-02", ("A", 1, 500))])

    assert folded.sold[SLOT, "", "web", "DKK"] == {"A": [2, 4, 1900, 0]}
    assert folded.sales[0].lines == [("A", 3, 1400)]


@pytest.mark.parametrize(
    ("time", "slot"),
    [
        (datetime(2026, 3, 2, 12, 14, 59, 999, UTC), SLOT),
        (datetime(2026, 3, 2, 12, 15, tzinfo=UTC), SLOT + timedelta(minutes=15)),
        (datetime(2026, 3, 2, 17, 59, tzinfo=timezone(timedelta(hours=5, minutes=45))), SLOT),
    ],
)
def test_a_slot_is_a_quarter_of_an_hour_of_the_time_of_the_event(time: datetime, slot: datetime) -> None:
    sold = sale("s-1", "2026-03-02", ("A", 1, 500))
    sold.time = time

    assert {group[0] for group in fold([sold]).sold} == {slot}


def test_a_discount_is_for_the_whole_line() -> None:
    sold = sale("s-1", "2026-03-02", ("A", 3, 500))
    sold.data.lines[0] = replace(sold.data.lines[0], discount=Money(minor=200, currency="DKK"))

    assert fold([sold]).sold[SLOT, "", "web", "DKK"] == {"A": [1, 3, 1300, 3]}


def revised() -> list[Event[Any]]:
    """A sale, its amendment a day later, its cancellation, and its return."""
    sold = sale("s-1", "2026-03-02", ("A", 2, 500), ("B", 1, 250))
    other = amended(sold, 2, "2026-03-03", ("B", 3, 250))
    gone = cancelled(other, 3, "2026-03-04")
    return [sold, other, gone, amended(gone, 4, "2026-03-05", ("C", 1, 100))]


@pytest.mark.parametrize(
    ("count", "rows", "sums"),
    [
        (1, {"A": [1, 2, 1000, 0], "B": [1, 1, 250, 0]}, [1, 1250]),
        (2, {"A": [0, 0, 0, 0], "B": [1, 3, 750, 0]}, [1, 750]),
        (3, {"A": [0, 0, 0, 0], "B": [0, 0, 0, 0]}, [0, 0]),
        (4, {"A": [0, 0, 0, 0], "B": [0, 0, 0, 0], "C": [1, 1, 100, 0]}, [1, 100]),
    ],
)
def test_a_revision_takes_off_what_had_been_on_the_day_of_the_sale(count: int, rows: Any, sums: Any) -> None:
    folded = fold(revised()[:count])
    assert dict(folded.sold) == {(SLOT, "", "web", "DKK"): rows}
    assert dict(folded.baskets) == {(SLOT, "", "web", "DKK", 0): sums}
    assert len(folded.sales) == 1


def test_refunds_are_kept_with_their_lines_added_up() -> None:
    (kept,) = fold([refund("r-1", "2026-03-02", 900, ("A", 1), ("A", 1), ("B", 1), of="s-1")]).refunds

    assert (kept.origin, kept.sale_id, kept.amount) == ("/shop", "s-1", 900)
    assert dict(zip(kept.skus, kept.quantities, strict=True)) == {"A": 2, "B": 1}


@given(events=st.lists(SALES, max_size=12), split=st.integers(0, 12), seed=st.randoms())
def test_batches_in_any_order_add_up_to_the_same(events: list[Event[Any]], split: int, seed: Any) -> None:
    shuffled = list(events)
    seed.shuffle(shuffled)

    assert _sum(fold(shuffled[:split]), fold(shuffled[split:])) == _sum(fold(events))


def _sum(*batches: Folded) -> dict[object, list[int]]:
    """What the database does with the batches: sums by key."""
    total: dict[object, list[int]] = {}
    for batch in batches:
        rows: dict[object, list[int]] = {}
        rows.update(batch.baskets.items())
        rows |= {(*group, sku): sums for group, skus in batch.sold.items() for sku, sums in skus.items()}
        for key, sums in rows.items():
            total[key] = [a + b for a, b in zip(total.get(key, [0] * len(sums)), sums, strict=True)]
    return total
