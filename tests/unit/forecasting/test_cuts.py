from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, strategies as st

from services.forecasting.cuts.domain import WEEK, last_cut, week_of

NOW = st.datetimes(datetime(2015, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - bounds are naive
WEEKS = st.integers(1, 8)


@given(now=NOW, weeks=WEEKS)
def test_the_last_cut_is_a_monday_that_has_passed_less_than_a_period_ago(now: datetime, weeks: int) -> None:
    cut = last_cut(now, WEEK * weeks)

    assert cut.weekday() == 0
    assert timedelta(0) <= now.date() - cut < WEEK * weeks


@given(now=NOW, weeks=WEEKS)
def test_cuts_lie_on_one_grid(now: datetime, weeks: int) -> None:
    here, later = last_cut(now, WEEK * weeks), last_cut(now + WEEK * weeks, WEEK * weeks)

    assert later - here == WEEK * weeks


@pytest.mark.parametrize(
    ("now", "cut"), [("2026-03-01T23:59:59Z", "2026-02-23"), ("2026-03-02T00:00:00Z", "2026-03-02")]
)
def test_a_cut_passes_on_monday_at_midnight_utc(now: str, cut: str) -> None:
    assert last_cut(datetime.fromisoformat(now), WEEK) == date.fromisoformat(cut)


def test_a_week_begins_on_monday() -> None:
    assert week_of(date(2026, 3, 8)) == date(2026, 3, 2) == week_of(date(2026, 3, 2))
