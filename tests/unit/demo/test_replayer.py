from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given, strategies as st

from demo.play.replayer import DAY, by_day
from demo.world.facts import Fact

NEW_YEAR = datetime(2017, 1, 1, tzinfo=UTC)


def arriving(minutes: int) -> Fact:
    at = NEW_YEAR + timedelta(minutes=minutes)
    return Fact("crm.ingest", "crm.profile.submitted.v1", str(minutes), "/shop", "1", at, at, {})


def test_a_fact_at_midnight_belongs_to_the_day_that_begins() -> None:
    (first, one), (second, two) = by_day([arriving(5), arriving(24 * 60)])
    assert (first, [fact.id for fact in one]) == (NEW_YEAR + DAY, ["5"])
    assert (second, [fact.id for fact in two]) == (NEW_YEAR + 2 * DAY, ["1440"])


def test_no_facts_make_no_days() -> None:
    assert list(by_day([])) == []


@given(st.lists(st.integers(0, 20 * 24 * 60), min_size=1).map(sorted))
def test_every_fact_is_sent_once_before_the_first_midnight_after_it_and_no_day_is_left_out(minutes: list[int]) -> None:
    facts = [arriving(each) for each in minutes]
    days = list(by_day(facts))
    assert [fact for _, day in days for fact in day] == facts
    assert all(midnight - DAY <= fact.arrives < midnight for midnight, day in days for fact in day)
    midnights = [midnight for midnight, _ in days]
    assert all(later - earlier == DAY for earlier, later in pairwise(midnights))
