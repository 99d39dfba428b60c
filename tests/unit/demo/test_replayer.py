from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given, strategies as st

from demo.play.replayer import by_tick
from demo.world.clock import DAY, DESK_HOUR, is_desk, last_tick, next_tick
from demo.world.facts import Fact

NEW_YEAR = datetime(2017, 1, 1, tzinfo=UTC)


def arriving(minutes: int) -> Fact:
    at = NEW_YEAR + timedelta(minutes=minutes)
    return Fact("crm.ingest", "crm.profile.submitted.v1", str(minutes), "/shop", "1", at, at, {})


def test_a_fact_at_midnight_belongs_to_the_day_that_begins() -> None:
    (first, one), (second, two) = by_tick([arriving(5), arriving(24 * 60)])
    assert (first, [fact.id for fact in one]) == (NEW_YEAR + DAY, ["5"])
    assert (second, [fact.id for fact in two]) == (NEW_YEAR + DAY + DESK_HOUR, ["1440"])


def test_no_facts_make_no_ticks() -> None:
    assert list(by_tick([])) == []


@given(st.lists(st.integers(0, 20 * 24 * 60), min_size=1).map(sorted))
def test_every_fact_is_sent_once_before_the_first_tick_after_it_and_no_tick_is_left_out(minutes: list[int]) -> None:
    facts = [arriving(each) for each in minutes]
    ticks = list(by_tick(facts))
    assert [fact for _, arrived in ticks for fact in arrived] == facts
    assert all(next_tick(fact.arrives) == tick for tick, arrived in ticks for fact in arrived)
    assert all(next_tick(earlier) == later for (earlier, _), (later, _) in pairwise(ticks))


@given(st.integers(0, 60 * 24 * 60).map(lambda minutes: NEW_YEAR + timedelta(minutes=minutes)))
def test_a_moment_lies_between_its_ticks_and_the_desk_opens_once_a_week(at: datetime) -> None:
    before, after = last_tick(at), next_tick(at)
    assert before <= at < after <= before + DAY
    assert next_tick(before) == after
    week = [tick for tick in (last_tick(at + turn * timedelta(hours=1)) for turn in range(7 * 24)) if is_desk(tick)]
    assert len(set(week)) in {1, 2}
