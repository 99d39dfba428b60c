"""The stages follow from the facts and the time that has passed, whatever the order and the batches."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, strategies as st

from services.contacts.lifecycle.domain import (
    Entry,
    Known,
    Signal,
    Stay,
    can_only_be_loyal,
    change,
    fold_told,
    furthest,
    is_kept,
    latest,
    may_move,
    signals_of,
    standing,
    stays,
)
from services.contacts.parties.domain.party import Lifecycle
from services.contacts.spans import LifecyclePolicy, read_lifecycle
from shared.errors import ConfigurationError
from shared.events.ingest import ReportedChoice, ReportedParty, ReportedRefund

START = datetime(2026, 1, 1, tzinfo=UTC)
POLICY = read_lifecycle()
QUICK = LifecyclePolicy.model_validate(
    {
        "version": 2,
        "purchase": {"days": 1},
        "onboarding": {"days": 2},
        "loyal": {"sales": 3, "within_days": 9},
        "lapsed": {"days": 5},
        "churned": {"days": 8},
    }
)
Fact = tuple[Signal, int]


def entry(day: int, event_id: str = "e") -> Entry:
    return Entry(START + timedelta(days=day), event_id)


def staged(facts: Sequence[Fact], until: int, policy: LifecyclePolicy = QUICK) -> list[tuple[str, int]]:
    known = Known()
    for place, (signal, day) in enumerate(facts):
        known.add(signal, entry(day, f"{place:02}"))
    found, _ = stays(known, policy, START + timedelta(days=until))
    return [(stay.stage, (stay.entered_at - START).days) for stay in found]


@pytest.mark.parametrize(
    ("facts", "until", "expected"),
    [
        ([], 99, []),
        ([("discovery", 1), ("evaluation", 3), ("education", 2)], 99, ["discovery 1", "education 2", "evaluation 3"]),
        # Nobody is taught after having put something aside, and nobody who has bought begins anew.
        ([("discovery", 1), ("evaluation", 2), ("education", 3)], 99, ["discovery 1", "evaluation 2"]),
        ([("sale", 1), ("discovery", 2), ("evaluation", 2)], 1, ["purchase 1"]),
        ([("sale", 1)], 2, ["purchase 1", "onboarding 2"]),
        ([("sale", 1)], 5, ["purchase 1", "onboarding 2", "post_purchase 4"]),
        ([("sale", 1), ("engagement", 1)], 1, ["purchase 1"]),
        ([("sale", 1), ("engagement", 3)], 5, ["purchase 1", "onboarding 2", "post_purchase 3"]),
        ([("sale", 1), ("sale", 2), ("sale", 3)], 7, ["purchase 1", "onboarding 2", "loyal 3"]),
        ([("sale", 1), ("sale", 6), ("sale", 11)], 11, ["purchase 1", "onboarding 2", "post_purchase 4"]),
        (
            [("sale", 1)],
            9,
            ["purchase 1", "onboarding 2", "post_purchase 4", "lapsed 6", "churned 9"],
        ),
        # Who comes back begins anew, at the very moment of the end of the span without having lapsed.
        (
            [("sale", 1), ("sale", 7)],
            8,
            ["purchase 1", "onboarding 2", "post_purchase 4", "lapsed 6", "purchase 7", "onboarding 8"],
        ),
        ([("sale", 1), ("sale", 6)], 10, ["purchase 1", "onboarding 2", "post_purchase 4"]),
        # A fact that is dated ahead does not make time pass.
        ([("sale", 1), ("sale", 90)], 2, ["purchase 1", "onboarding 2", "purchase 90"]),
    ],
)
def test_stages_follow_from_facts_and_spans(facts: list[Fact], until: int, expected: list[str]) -> None:
    assert [f"{stage} {day}" for stage, day in staged(facts, until)] == expected


def test_a_sale_that_was_cancelled_makes_nobody_loyal() -> None:
    known = Known([entry(1, "a"), entry(2, "b"), entry(3, "c")], {"b"})
    found, _ = stays(known, QUICK, START)
    assert [stay.stage for stay in found] == ["purchase"]
    assert "loyal" in [stay.stage for stay in stays(Known(known.sales), QUICK, START)[0]]


def test_each_stage_says_what_led_to_it_when_it_was_left_and_how_far_it_went() -> None:
    found, coming = stays(Known([entry(1, "buy")], signals={"discovery": [entry(0, "look")]}), QUICK, entry(6).at)
    assert [(stay.cause_event_id, stay.by_time) for stay in found] == [
        ("look", False),
        ("buy", False),
        *[("buy", True)] * 3,
    ]
    assert [stay.left_at for stay in found] == [*(stay.entered_at for stay in found[1:]), None]
    assert (found[-1].stage, furthest(found), coming) == ("lapsed", "post_purchase", entry(9).at)


def test_the_end_of_the_calendar_is_no_stage() -> None:
    last = Entry(datetime.max.replace(tzinfo=UTC), "last")
    assert [stay.stage for stay in stays(Known([last]), POLICY, last.at)[0]] == ["purchase"]


def test_what_facts_mean() -> None:
    party = ReportedParty()
    chosen = [ReportedChoice(party=party, sku="A", channel="web", intent=each) for each in ("viewed", "carted")]
    assert [signals_of(each) for each in chosen] == [("discovery", "education"), ("discovery", "evaluation")]
    assert signals_of(ReportedRefund.__new__(ReportedRefund)) == ()


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("lapsed: {days: 365}", "later than it lapses"),
        ("loyal: {sales: 1}", "loyal.sales"),
        ("purchase: {days: 0}", "purchase.days"),
        ("version: x", "version"),
        ("other: 1", "other"),
    ],
)
def test_a_policy_that_cannot_be_used_names_its_field(tmp_path: Path, text: str, field: str) -> None:
    file = tmp_path / "lifecycle.yaml"
    file.write_text(text, "utf-8")
    with pytest.raises(ConfigurationError, match=field):
        read_lifecycle(file)


def test_a_file_changes_only_what_it_says(tmp_path: Path) -> None:
    file = tmp_path / "lifecycle.yaml"
    file.write_text("version: 7\nlapsed: {days: 90}\n", "utf-8")
    read = read_lifecycle(file)
    assert (read.version, read.lapsed.days, read.churned) == (7, 90, POLICY.churned)
    assert read.digest != POLICY.digest


class Store:
    """What the commands keep between batches, and every stage as a reader of the events has it."""

    def __init__(self) -> None:
        self.known, self.all_sales = Known(), Known()
        self.lifecycle, self.told = Lifecycle(), list[Stay]()
        self.read: list[Stay] = []
        self.clock = START - timedelta(days=1)

    def accept(self, batch: Sequence[tuple[Signal, Entry]]) -> None:
        moves = counted = False
        for signal, at in batch:
            if signal == "sale" or is_kept(self.lifecycle, signal, at.at):
                self.known.add(signal, at)
            if signal == "sale" and can_only_be_loyal(self.lifecycle, at.at):
                counted = True
            else:
                moves |= may_move(self.lifecycle, signal, at.at)
        if moves or (counted and len(self.known.sales) >= QUICK.loyal.sales):
            self.move(datetime.min.replace(tzinfo=UTC))
        else:
            as_looked_at, _ = stays(self.known, QUICK, latest(self.told, datetime.min.replace(tzinfo=UTC)))
            assert as_looked_at == self.told, "what is passed over moves nothing"

    def pass_time(self, until: datetime) -> None:
        """Timers fire in their order, each at a watermark that is at least when it was due."""
        self.clock = max(self.clock, until)
        while self.lifecycle.until is not None and self.lifecycle.until <= self.clock:
            self.move(self.clock)

    def move(self, until: datetime) -> None:
        after, coming = stays(self.known, QUICK, latest(self.told, until))
        new, retracted = change(self.told, after)
        places = {stay.place for stay in retracted}
        for number, stay in enumerate(new or (after[-1:] if retracted else [])):
            self.read = fold_told(self.read, stay, places if number == 0 else ())
        bought = min((sale.at for sale in self.known.sales), default=None)
        self.told, self.lifecycle = after, standing(after, coming, bought)


SIGNALS = st.sampled_from(["sale", "sale", "engagement", "discovery", "education", "evaluation"])
FACTS = st.lists(st.tuples(SIGNALS, st.integers(0, 25)), max_size=9)


@given(
    FACTS,
    st.randoms(use_true_random=False),
    st.lists(st.integers(0, 9), max_size=4),
    st.lists(st.integers(0, 30), max_size=4),
)
def test_every_order_batch_and_pace_of_time_ends_in_the_same_stages(
    facts: list[Fact], dice: Any, cuts: list[int], ticks: list[int]
) -> None:
    named = [(signal, entry(day, f"{place:02}")) for place, (signal, day) in enumerate(facts)]
    # As handlers read them, whatever else a fact means it is a discovery too.
    named += [("discovery", at) for signal, at in named if signal not in {"sale", "discovery"}]
    shuffled = list(named)
    dice.shuffle(shuffled)
    edges = [0, *sorted(min(cut, len(shuffled)) for cut in cuts), len(shuffled)]
    store = Store()
    for number, (start, end) in enumerate(pairwise(edges)):
        store.accept(shuffled[start:end])
        for tick in ticks[number : number + 1]:
            store.pass_time(START + timedelta(days=tick))
    store.pass_time(START + timedelta(days=40))

    whole = Known()
    for signal, at in named:
        whole.add(signal, at)
    expected, _ = stays(whole, QUICK, START + timedelta(days=40))
    assert store.told == expected
    # Who reads the events, and takes out what they retract, comes to the same.
    assert store.read == expected
