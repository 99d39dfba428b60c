from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, strategies as st

from services.contacts.lifecycle.domain import SIGNALS, Signal, Signals, advance, entered, ignores
from services.contacts.parties.domain.party import Entry, Lifecycle
from shared.events.ingest import ReportedRefund, ReportedSale

START = datetime(2026, 1, 1, tzinfo=UTC)
Fact = tuple[Signal, int]


def entry(hour: int, event_id: str = "e") -> Entry:
    return Entry(START + timedelta(hours=hour), event_id)


def lived(batches: Sequence[Sequence[tuple[Signal, Entry]]]) -> Lifecycle:
    """The lifecycle after batches, with what is kept between them, as the handler does it."""
    stages, waiting = Lifecycle(), list[Entry]()
    for batch in batches:
        signals = Signals()
        for signal, at in batch:
            if not ignores(stages, signal, at.at):
                signals.add(signal, at)
        stages, kept = advance(stages, signals, waiting if signals.sales else [])
        waiting += kept
    return stages


def test_stages_open_with_the_first_fact_of_their_kind() -> None:
    stages = lived(
        [
            [
                ("engagement", entry(1, "call")),
                ("sale", entry(2, "buy")),
                ("sale", entry(3)),
                ("engagement", entry(4, "ask")),
            ]
        ]
    )
    assert stages == Lifecycle(entry(1, "call"), entry(2, "buy"), entry(4, "ask"))
    assert stages.current == "post_purchase"


@pytest.mark.parametrize(
    ("facts", "current"),
    [([], "unknown"), ([("other", entry(1))], "discovery"), ([("other", entry(1)), ("sale", entry(0))], "purchase")],
)
def test_the_furthest_stage_is_the_current_one(facts: list[tuple[Signal, Entry]], current: str) -> None:
    assert lived([facts]).current == current


def test_an_engagement_at_the_very_time_of_the_sale_is_not_after_it() -> None:
    assert lived([[("sale", entry(1)), ("engagement", entry(1))]]).post_purchase is None


def test_only_what_moved_is_announced() -> None:
    before = Lifecycle(purchase=entry(5))
    after = Lifecycle(discovery=entry(2), purchase=entry(5), post_purchase=entry(6))
    assert entered(before, after) == [("discovery", entry(2)), ("post_purchase", entry(6))]


def test_a_refund_means_nothing_for_the_stages_and_a_sale_does() -> None:
    assert ReportedRefund not in SIGNALS
    assert SIGNALS[ReportedSale] == "sale"


SIGNAL = st.sampled_from(["sale", "engagement", "other"])
FACTS = st.lists(st.tuples(SIGNAL, st.integers(0, 6)), max_size=10)


@given(FACTS, st.randoms(use_true_random=False), st.lists(st.integers(0, 10), max_size=4))
def test_every_order_and_every_cut_into_batches_ends_the_same(facts: list[Fact], dice: object, cuts: list[int]) -> None:
    named = [(signal, entry(hour, f"{place:02}")) for place, (signal, hour) in enumerate(facts)]
    shuffled = list(named)
    dice.shuffle(shuffled)  # type: ignore[attr-defined]
    edges = [0, *sorted(min(cut, len(shuffled)) for cut in cuts), len(shuffled)]
    batches = [shuffled[start:end] for start, end in pairwise(edges)]

    stages = lived(batches)

    sales = [at for signal, at in named if signal == "sale"]
    others = [at for signal, at in named if signal != "sale"]
    engagements = [at for signal, at in named if signal == "engagement" and sales and at.at > min(sales).at]
    assert stages == Lifecycle(min(others, default=None), min(sales, default=None), min(engagements, default=None))
