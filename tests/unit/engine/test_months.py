"""Which months get a table of their own."""

from datetime import date

import pytest

from shared.engine.months import months_from


@pytest.mark.parametrize(
    ("day", "months"),
    [
        (date(2026, 3, 31), [date(2026, 3, 1), date(2026, 4, 1), date(2026, 5, 1)]),
        (date(2026, 11, 1), [date(2026, 11, 1), date(2026, 12, 1), date(2027, 1, 1)]),
        (date(2026, 12, 31), [date(2026, 12, 1), date(2027, 1, 1), date(2027, 2, 1)]),
    ],
)
def test_this_month_and_the_two_after_it(day: date, months: list[date]) -> None:
    assert months_from(day) == months
