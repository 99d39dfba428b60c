"""Times outside are RFC 3339 in UTC."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, strategies as st

from shared.clock import now, parse_rfc3339, rfc3339

moments = st.datetimes(timezones=st.just(UTC) | st.timedeltas(timedelta(hours=-14), timedelta(hours=14)).map(timezone))


@given(moments)
def test_a_time_survives_the_way_out_and_back(moment: datetime) -> None:
    try:
        text = rfc3339(moment)
    except OverflowError:  # the year 0 or 10000 in UTC
        return
    assert parse_rfc3339(text) == moment
    assert len(text) == len("2026-03-01T09:30:00.000000Z")


@given(st.datetimes(timezones=st.just(UTC)), st.datetimes(timezones=st.just(UTC)))
def test_text_sorts_as_time(one: datetime, other: datetime) -> None:
    assert (rfc3339(one) < rfc3339(other)) == (one < other)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-03-01T09:30:00Z", datetime(2026, 3, 1, 9, 30, tzinfo=UTC)),
        ("2026-03-01T10:30:00.5+01:00", datetime(2026, 3, 1, 9, 30, 0, 500_000, tzinfo=UTC)),
    ],
)
def test_what_others_send_is_understood(text: str, moment: datetime) -> None:
    parsed = parse_rfc3339(text)
    assert parsed == moment
    assert parsed.tzinfo is UTC


@pytest.mark.parametrize(
    "text", ["", "2026-03-01", "2026-03-01T09:30:00", "20260301T093000Z000", "yesterday at nine o'clock"]
)
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"RFC 3339|isoformat"):
        parse_rfc3339(text)


def test_a_naive_time_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        rfc3339(datetime(2026, 3, 1))  # noqa: DTZ001 - what the test is about


def test_now_is_in_utc() -> None:
    assert now().tzinfo is UTC
