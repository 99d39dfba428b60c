from datetime import date, timedelta

import pytest
from hypothesis import given, strategies as st

from services.forecasting.cuts.domain import WEEK
from services.forecasting.series.domain import LOOKED_BACK, whole_until

CUT = date(2026, 3, 2)
DAYS = st.integers(-60, 20).map(lambda days: CUT + timedelta(days=days))


def before(*weekdays: int) -> list[date]:
    """The last days of sales of the weeks before the last one."""
    return [CUT - WEEK * (back + 2) + timedelta(days=day) for back, day in enumerate(weekdays)]


@pytest.mark.parametrize(
    ("newest", "usual", "behind"),
    [
        (-1, (6, 6, 6, 6), 0),
        (-2, (6, 6, 6, 6), 1),
        (-7, (6, 6, 6, 6), 1),  # some hours of its Monday
        (-3, (4, 4, 4, 4), 0),  # closed at weekends
        (-4, (4, 3, 4, 4), 0),
        (-8, (6, 6, 6, 6), 1),
        (0, (6, 6, 6, 6), 0),
        (3, (), 0),
        (-1, (), 0),
        (-2, (), 1),
        (-100, (6, 6, 6, 6), LOOKED_BACK),
    ],
)
def test_a_week_is_whole_once_its_usual_last_day_was_reached(newest: int, usual: tuple[int, ...], behind: int) -> None:
    assert whole_until(CUT, CUT + timedelta(days=newest), before(*usual)) == CUT - WEEK * behind


@given(newest=DAYS, last_days=st.lists(DAYS, max_size=4))
def test_whole_weeks_end_at_the_cut_or_at_most_so_far_before(newest: date, last_days: list[date]) -> None:
    end = whole_until(CUT, newest, last_days)

    assert CUT - WEEK * LOOKED_BACK <= end <= CUT
    assert end.weekday() == 0
