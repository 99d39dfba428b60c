from datetime import UTC, datetime, timedelta

from eval.series_files import make_series


def test_what_is_missing_between_two_is_drawn_as_a_line() -> None:
    first = datetime(2026, 1, 1, tzinfo=UTC)
    known = {first + timedelta(days=day): 2.0 * day for day in range(90) if day not in (3, 5)}

    assert make_series("days.csv", {"a": known}).series["a"][:7] == [0.0, 2.0, 4.0, 6.0, 8.0, 10.0, 12.0]


def test_where_zeros_are_usual_what_is_missing_is_none() -> None:
    first = datetime(2026, 1, 1, tzinfo=UTC)
    known = {first + timedelta(days=day): float(day % 2) for day in range(90) if day != 5}

    assert make_series("days.csv", {"a": known}).series["a"][:7] == [0.0, 1.0, 0.0, 1.0, 0.0, 0.0, 0.0]
