from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import pytest

from services.forecasting.activity.domain import count_backlog
from services.forecasting.warnings.domain.backlog import settle_backlog, watch_backlog
from tests.unit.forecasting.facts import changed, ticket

DAY = date(2026, 3, 2)
WEEK = [20, 22, 21, 20, 19, 30, 45]


@pytest.mark.parametrize(
    ("ends", "told"),
    [
        (WEEK * 8 + [20, 22], False),
        (WEEK * 8 + [80, 90], True),
        (WEEK * 8 + [80], False),  # one day says too little
        (WEEK * 8 + [22, 90], False),
        (WEEK * 8 + [60, 65], False),  # three times as many, but queues swing
        (WEEK * 8 + WEEK, False),  # on the seventh day there are always twice as many
        (WEEK * 8 + [*WEEK[:5], 99, 120], True),
        ([85, *WEEK[1:], *(WEEK * 7), 80, 90], False),  # there were more eight weeks ago
        (WEEK * 3 + [400, 400], False),  # three such days say too little
        (WEEK * 4 + [400, 400], True),
        ([0] * 57 + [9, 9], False),
        ([0] * 57 + [11, 11], True),
        ([], False),
        ([400], False),
    ],
)
def test_a_backlog_is_more_than_on_such_a_day_in_any_of_the_weeks_before(ends: Sequence[int], *, told: bool) -> None:
    assert (watch_backlog(ends, DAY) is not None) == told


def test_it_says_what_it_was_decided_by() -> None:
    warned = watch_backlog(WEEK * 8 + [80, 90], DAY)
    assert warned is not None
    assert {part.input: part.value for part in warned.evidence} == {
        "open_tickets": 90,
        "usually_open": 22,
        "usual_spread": pytest.approx(4.69),
        "most_open_in_eight_weeks": 22,
        "open_a_week_before": 22,
    }
    assert (warned.kind, warned.about, warned.severity, warned.party_id) == (
        "backlog",
        "tickets:open",
        1 - 22 / 90,
        None,
    )


@pytest.mark.parametrize(
    ("ends", "days", "over"),
    [
        ([60, 40], 1, False),
        ([60, 31], 1, True),
        ([60] * 60, 27, False),
        ([60] * 60, 28, True),  # it has become what is usual
        ([31], 0, False),  # the day on which it was raised says nothing new
        ([], 1, False),
    ],
)
def test_it_is_over_where_what_is_usual_came_back_or_changed(ends: Sequence[int], days: int, *, over: bool) -> None:
    warned = watch_backlog(WEEK * 8 + [80, 90], DAY)
    assert warned is not None
    found = settle_backlog(warned, ends, DAY + timedelta(days=days))
    assert (found is not None and found.because == "over") == over


def test_open_tickets_are_counted_by_day_in_any_order() -> None:
    events: list[Any] = [
        changed("t-1", "2026-03-03", "new", "open"),
        changed("t-1", "2026-03-04", "open", "resolved"),
        changed("t-1", "2026-03-05", "resolved", "closed"),
        changed("t-1", "2026-03-06", "closed", "reopened"),
        ticket("t-1", "2026-03-02"),
        changed("t-2", "2026-03-06", "new", "spam", 3),
    ]
    days = [date(2026, 3, day) for day in (2, 4, 6)]
    assert count_backlog(events) == {(days[0], 0): 1, (days[1], 0): -1, (days[2], 0): 1, (days[2], 3): -1}
    assert count_backlog(reversed(events)) == count_backlog(events)
