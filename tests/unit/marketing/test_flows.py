"""Enrolments that have a state: what events and time make of them, in whatever batches they are handled."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, strategies as st

from services.marketing.catalogue.domain.campaign import Campaign, share_of
from services.marketing.catalogue.domain.definition import Definition
from services.marketing.catalogue.domain.steps import Share
from services.marketing.copies.domain import Party, Score, StageChange, ticket_change_of
from services.marketing.flows.domain.follow import Followed, follow, wake_all
from services.marketing.flows.domain.machine import Flow
from services.marketing.profiles.domain import Bought, PartyFacts, value_of
from services.marketing.segments.domain.membership import Member, event_of
from shared.engine.event import Event
from shared.events.campaigns import EnrolmentExited
from shared.events.consent import Statement
from shared.ids import derived_id
from tests.unit.marketing.facts import (
    ADA,
    BOB,
    DAY,
    HOUR,
    NOW,
    chosen,
    flow,
    refund,
    sale,
    send,
    ticket_closed,
    ticket_opened,
)

SAME_SKU = {"lines.sku": "sku"}
CARTED = {"event": "product.chosen", "where": {"intent": "carted"}}
LEFT = flow(
    "cart-left",
    CARTED,
    {
        "wait_for": {
            "event": "sale.completed", "match": SAME_SKU, "within": "PT4H", "restart": True, "otherwise": "remind"
        },
        "go": "end",
    },
    send("PT1H", id="remind"),
    {"wait_for": {"event": "ticket.opened", "within": "P1D", "otherwise": "again"}, "go": "asked"},
    send("PT0S", id="again", go="end"),
    {"id": "asked", "tag": {"add": ["asked"]}},
    entry={"key": "sku", "again": "P3D"},
    exit_on=[{"event": "sale.refunded"}],
    goal={"event": "sale.completed", "match": SAME_SKU},
    lasts="P5D",
)  # fmt: skip


class Life:
    """One campaign and all that it does, event by event or in batches, with time passing between them."""

    def __init__(self, definition: Definition, facts: PartyFacts | None = None) -> None:
        self.campaign = Campaign(definition, 1)
        self.facts = {ADA: facts or PartyFacts(), BOB: PartyFacts()}
        self.flows: dict[UUID, Flow] = {}
        self.log: list[tuple[Any, ...]] = []
        self.exits: list[EnrolmentExited] = []

    def hear(self, *events: Event[Any]) -> None:
        running = [each for each in self.flows.values() if each.ended_at is None]
        previous: dict[tuple[UUID, str, str], datetime] = {}
        for each in sorted(self.flows.values(), key=lambda each: each.triggered_at):
            if each.visits or each.reason != "expired":
                previous[each.party_id, each.campaign, each.key] = each.triggered_at
        self._write(follow(events, [self.campaign], running, previous, self.facts, {}))

    def pass_time(self, to: datetime) -> None:
        while due := {f.id: f.wakes_at for f in self.flows.values() if f.wakes_at is not None and f.wakes_at <= to}:
            flows = [self.flows[id_] for id_ in due]
            versions = {(self.campaign.name, 1): self.campaign}
            self._write(wake_all(due, flows, versions, self.facts, to))

    def _write(self, followed: Followed) -> None:
        self.flows |= followed.flows
        for (party, tag), stays in followed.tags.items():
            tags = self.facts[party].tags | {tag} if stays else self.facts[party].tags - {tag}
            self.facts[party] = replace(self.facts[party], tags=tags)
        self.log += [("message", m.id, m.step, m.due_at) for m, _ in followed.planned]
        self.log += [("dropped", each.message.id) for each in followed.dropped]
        self.exits += [each.data for each in followed.emissions if isinstance(each.data, EnrolmentExited)]

    @property
    def steps(self) -> list[tuple[int, timedelta]]:
        return [(each[2], each[3] - NOW) for each in self.log if each[0] == "message"]

    @property
    def endings(self) -> list[str | None]:
        return [each.reason for each in sorted(self.flows.values(), key=lambda each: each.triggered_at)]

    def state(self) -> object:
        return sorted(map(repr, self.log)), sorted(map(repr, self.flows.values())), self.facts


def test_a_cart_that_is_left_is_reminded_of_and_one_that_is_bought_is_not() -> None:
    life = Life(LEFT)
    life.hear(chosen("A"), chosen("B", BOB), chosen("C", intent="viewed"))
    life.hear(sale("s-1", BOB, at=NOW + HOUR, skus=("B", "X")), sale("s-2", at=NOW + HOUR, skus=("Z",)))
    life.pass_time(NOW + 10 * HOUR)
    assert life.steps == [(2, 5 * HOUR)]
    assert sorted(map(str, life.endings)) == ["None", "goal"]


def test_a_repetition_begins_the_wait_anew_and_starts_nothing_else() -> None:
    life = Life(LEFT)
    life.hear(chosen("A"), chosen("A", at=NOW + 3 * HOUR), chosen("B", at=NOW + 3 * HOUR))
    life.pass_time(NOW + 20 * HOUR)
    assert life.steps == [(2, 8 * HOUR), (2, 8 * HOUR)]
    assert len({each[1] for each in life.log}) == 2


def test_what_is_not_wanted_any_more_is_dropped_once() -> None:
    life = Life(LEFT)
    life.hear(chosen("A"))
    life.pass_time(NOW + 4 * HOUR)
    bought = sale("s-1", at=NOW + 4 * HOUR, skus=("A",))
    life.hear(bought, refund("s-1", at=NOW + 4 * HOUR))
    (ended,) = life.flows.values()
    assert [each[0] for each in life.log] == ["message", "dropped"]
    assert life.log[0][1] == life.log[1][1] == derived_id(ended.id, 2, "email", 2)
    assert (ended.reason, ended.ended_by, ended.ended_at) == ("goal", bought.id, NOW + 4 * HOUR)


@pytest.mark.parametrize(("after", "starts"), [(2 * DAY, 1), (3 * DAY, 2)])
def test_somebody_is_enrolled_again_when_it_is_time(after: timedelta, starts: int) -> None:
    life = Life(LEFT)
    life.hear(chosen("A"), sale("s-1", at=NOW + HOUR, skus=("A",)), chosen("A", at=NOW + after))
    assert len(life.flows) == starts


@pytest.mark.parametrize(
    ("facts", "where", "starts"),
    [
        (PartyFacts(), {"party.sales": 0}, True),
        (PartyFacts(sales=[Bought(NOW, 900, "DKK"), Bought(NOW + HOUR, 900, "DKK")]), {"party.sales": 1}, True),
        (PartyFacts(sales=[Bought(NOW, 900, "DKK")]), {"party.spent.DKK": {"at_least": 901}}, False),
        (PartyFacts(tags=frozenset({"vip"})), {"party.tags": "vip", "trigger.sku": "A"}, True),
        (PartyFacts(tags=frozenset({"vip"})), {"party.tags": "vip", "trigger.sku": "B"}, False),
    ],
)
def test_a_filter_asks_what_was_known_then(facts: PartyFacts, where: dict[str, Any], starts: bool) -> None:
    life = Life(flow("f", CARTED, send("PT1H"), filter=where), facts)
    life.hear(chosen("A"))
    assert bool(life.flows) is starts


def test_everything_that_conditions_ask_of_a_party_is_as_of_a_moment() -> None:
    said = Statement("c", "marketing", "", "email", given=True, occurred_at=NOW, recorded_at=NOW)
    opened, closed = ticket_opened(at=NOW), ticket_closed(at=NOW + DAY)
    facts = PartyFacts(
        Party(ADA, 1, kind="person", locale="da", time_zone="Europe/Copenhagen"),
        [Bought(NOW, 100, "DKK"), Bought(NOW + 3 * DAY, 100, "EUR")],
        [StageChange("b", ADA, "lapsed", NOW + DAY), StageChange("a", ADA, "purchase", NOW)],
        [Score(ADA, "churn", 0.7, "high", NOW)],
        [ticket_change_of(opened), ticket_change_of(closed)],
        [said],
    )
    expected = {
        "kind": ("person",), "locale": ("da",), "time_zone": ("Europe/Copenhagen",), "stage": ("purchase",),
        "sales": (1,), "days_since_sale": (0,), "ticket_open": (True,), "tags": (), "spent.DKK": (100,),
        "spent.EUR": (0,), "score.churn": (0.7,), "band.churn": ("high",), "score.other": (),
        "consent.marketing": (True,), "consent.news": (False,),
    }  # fmt: skip
    assert {name: value_of(name, facts, NOW) for name in expected} == expected
    later = {"stage": ("lapsed",), "days_since_sale": (2,), "ticket_open": (False,)}
    assert {name: value_of(name, facts, NOW + 2 * DAY) for name in later} == later
    assert value_of("stage", facts, NOW - DAY) == value_of("days_since_sale", facts, NOW - DAY) == ()


def test_branches_splits_tags_and_exits_take_no_time() -> None:
    steps = [
        {"split": [{"percent": 100, "go": "in"}]},
        {"id": "in", "tag": {"add": ["seen"]}},
        {"branch": [{"when": {"party.tags": "other"}, "go": "end"}, {"when": {"party.tags": "seen"}, "go": "out"}]},
        send("P1D", go="end"),
        {"id": "out", "tag": {"remove": ["seen"]}},
        {"exit": "seen-before"},
    ]
    life = Life(flow("f", CARTED, *steps))
    life.hear(chosen("A"))
    (ended,) = life.flows.values()
    assert (ended.reason, ended.step, ended.ended_at, life.steps) == ("seen-before", 6, NOW, [])
    assert life.facts[ADA].tags == frozenset()


def test_shares_are_drawn_once_and_come_out_as_they_are_cut() -> None:
    shares = [Share(percent=10, holdout=True), Share(percent=50, go="end")]
    drawn = [share_of(derived_id(n), "c", 1, shares) for n in range(5_000)]
    counts = [drawn.count(each) / 5_000 for each in (*shares, None)]
    assert [round(count, 1) for count in counts] == [0.1, 0.5, 0.4]
    assert drawn == [share_of(derived_id(n), "c", 1, shares) for n in range(5_000)]
    held = flow("h", CARTED, {"split": [{"percent": 100, "holdout": True}]}, {"exit": "never"})
    whole = flow("w", CARTED, send("PT0S"), holdout=99)
    for life in (Life(held), Life(whole)):
        life.hear(chosen("A"))
        assert (life.endings, life.steps) == (["holdout"], [])


def test_a_round_sends_each_time_and_ends_when_it_has_lasted_long_enough() -> None:
    life = Life(flow("f", CARTED, send("P1D", id="again", go="again"), lasts="P3DT1H"))
    life.hear(chosen("A"))
    life.pass_time(NOW + 30 * DAY)
    assert life.steps == [(1, DAY), (1, 2 * DAY), (1, 3 * DAY)]
    assert len({each[1] for each in life.log}) == 3
    assert life.endings == ["expired"]


def changed(at: datetime, *, is_in: bool = True) -> Event[Any]:
    return event_of(Member("regulars", ADA, is_in, at, 1, 1, derived_id(str(at))), 3, NOW)


@pytest.mark.parametrize(
    ("trigger", "make"),
    [
        (CARTED, lambda at: chosen("A", at=at)),
        ({"event": "sale.completed"}, lambda at: sale("s-1", at=at, skus=("A",))),
        ({"event": "ticket.opened"}, lambda at: ticket_opened(at=at)),
        ({"event": "segment.entered"}, changed),
        ({"event": "segment.left"}, lambda at: changed(at, is_in=False)),
    ],
    ids=lambda each: each["event"] if isinstance(each, dict) else "",
)
def test_a_trigger_that_was_reported_late_ends_at_once_for_all_to_see(trigger: Any, make: Any) -> None:
    """It keeps nobody from a later one. What is decided here is late only where the service was, and counts."""
    late, later = make(NOW - 8 * DAY), make(NOW)
    for event in (late, later):
        event.data = replace(event.data, recorded_at=NOW)
    own = trigger["event"].startswith("segment.")
    for batches in ([[late, later]], [[late], [later]]):
        life = Life(flow("f", trigger, send("P1D"), entry={"again": "never"}))
        for batch in batches:
            life.hear(*batch)
        assert life.endings == (["completed"] if own else ["expired", None])
        assert life.steps == [(1, -7 * DAY if own else DAY)]
        if not own:
            assert [(e.reason, e.deciding_event_id) for e in life.exits] == [("expired", late.id)]


EVENTS = st.one_of(
    st.builds(lambda sku, party: (chosen, sku, party), st.sampled_from("AB"), st.sampled_from([ADA, BOB])),
    st.builds(lambda sku, party: (_sold, sku, party), st.sampled_from("AB"), st.sampled_from([ADA, BOB])),
    st.builds(lambda party: (_asked, "", party), st.sampled_from([ADA, BOB])),
    st.builds(lambda party: (_refunded, "", party), st.sampled_from([ADA, BOB])),
)


def _sold(sku: str, party: UUID, *, at: datetime) -> Event[Any]:
    return sale("s", party, at=at, skus=(sku,), recorded=at)


def _asked(_: str, party: UUID, *, at: datetime) -> Event[Any]:
    return ticket_opened(party, at=at)


def _refunded(_: str, party: UUID, *, at: datetime) -> Event[Any]:
    return refund("s", party, at=at)


@given(
    st.lists(st.tuples(EVENTS, st.integers(0, 30 * 60)), max_size=25),
    st.lists(st.integers(0, 25), max_size=8),
    st.lists(st.integers(0, 25), max_size=8),
)
def test_the_same_events_lead_to_the_same_in_any_batches(
    happened: list[tuple[Any, int]], cuts: Sequence[int], looks: Sequence[int]
) -> None:
    """Also with time passing, or not, between the batches."""
    events, at = [], NOW
    for (make, sku, party), minutes in happened:
        at += timedelta(minutes=minutes)
        events.append(make(sku, party, at=at))
    one_by_one, batched = Life(LEFT), Life(LEFT)
    for event in events:
        one_by_one.pass_time(event.time - timedelta(microseconds=1))
        one_by_one.hear(event)
    edges = sorted({0, *cuts, len(events)})
    for first, last in pairwise(edges):
        if first in looks and first < len(events):
            batched.pass_time(events[first].time - timedelta(microseconds=1))
        batched.hear(*events[first:last])
    for life in (one_by_one, batched):
        life.pass_time(NOW + 60 * DAY)
    assert one_by_one.state() == batched.state()
