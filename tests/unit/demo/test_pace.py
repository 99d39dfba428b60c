from datetime import UTC, date, datetime, timedelta

from hypothesis import given, strategies as st

from demo.play.pace import due_cut, held
from demo.play.replayer import AHEAD
from demo.world.clock import DAY
from services.forecasting.cuts.domain import instant, last_cut

EVERY = timedelta(weeks=4)
CUT = date(2017, 2, 6)
AFTER = datetime(2017, 2, 9, tzinfo=UTC)


def test_a_cut_that_has_passed_is_due_until_it_is_done() -> None:
    assert due_cut(AFTER, EVERY, date(2017, 1, 1), None) == CUT
    assert due_cut(AFTER, EVERY, date(2017, 1, 1), date(2017, 1, 9)) == CUT
    assert due_cut(AFTER, EVERY, date(2017, 1, 1), CUT) is None


def test_before_the_first_sale_nothing_is_due() -> None:
    assert due_cut(AFTER, EVERY, None, None) is None
    assert due_cut(AFTER, EVERY, CUT, None) is None


def test_without_a_due_cut_nobody_is_held() -> None:
    assert held(AFTER, None, EVERY, AHEAD) == AFTER


@given(st.integers(0, 300))
def test_the_sending_never_reaches_the_next_cut_while_one_is_due(days: int) -> None:
    passed = instant(CUT) + days * DAY
    last_tick_that_may_be_sent = held(passed, CUT, EVERY, AHEAD) + AHEAD + DAY
    assert last_tick_that_may_be_sent < instant(CUT) + EVERY
    assert last_cut(last_tick_that_may_be_sent, EVERY) <= CUT
