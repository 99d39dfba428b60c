"""Times outside are RFC 3339 in UTC."""

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, strategies as st
from pydantic import TypeAdapter, ValidationError

from shared.clock import now, parse_rfc3339, rfc3339
from shared.events.values import ReportedInstant

moments = st.datetimes(timezones=st.just(UTC) | st.timedeltas(timedelta(hours=-14), timedelta(hours=14)).map(timezone))


@given(moments)
def test_a_time_survives_the_way_out_and_back(moment: datetime) -> None:
    try:
        text = rfc3339(moment)
    except OverflowError:  # the year 0 or 10000 in UTC
        return
    assert parse_rfc3339(text) == moment
    assert len(text) == len("2026-03-01T09:30:00.000000Z")


def test_the_hour_that_comes_twice_is_two_times() -> None:
    summer = datetime(2025, 10, 26, 2, 30, tzinfo=ZoneInfo("Europe/Copenhagen"))
    assert rfc3339(summer) == "2025-10-26T00:30:00.000000Z"
    assert rfc3339(summer.replace(fold=1)) == "2025-10-26T01:30:00.000000Z"


@given(st.datetimes(timezones=st.just(UTC)), st.datetimes(timezones=st.just(UTC)))
def test_text_sorts_as_time(one: datetime, other: datetime) -> None:
    assert (rfc3339(one) < rfc3339(other)) == (one < other)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-03-01T09:30:00Z", datetime(2026, 3, 1, 9, 30, tzinfo=UTC)),
        ("2026-03-01T10:30:00.5+01:00", datetime(2026, 3, 1, 9, 30, 0, 500_000, tzinfo=UTC)),
        ("2026-03-01t09:30:00z", datetime(2026, 3, 1, 9, 30, tzinfo=UTC)),
        ("2026-03-01 09:30:00Z", datetime(2026, 3, 1, 9, 30, tzinfo=UTC)),
        ("2026-03-01T09:30:00-00:00", datetime(2026, 3, 1, 9, 30, tzinfo=UTC)),
        ("2016-12-31T23:59:60Z", datetime(2017, 1, 1, tzinfo=UTC)),
        ("2017-01-01t01:59:60.25+02:00", datetime(2017, 1, 1, 0, 0, 0, 250_000, tzinfo=UTC)),
        ("2026-03-01T09:30:00.123456789Z", datetime(2026, 3, 1, 9, 30, 0, 123_456, tzinfo=UTC)),
    ],
)
def test_what_others_send_is_understood(text: str, moment: datetime) -> None:
    parsed = parse_rfc3339(text)
    assert parsed == moment
    assert parsed.tzinfo is UTC


@pytest.mark.parametrize(
    "text",
    [
        *("", "2026-03-01", "2026-03-01T09:30:00", "20260301T093000Z000", "yesterday at nine o'clock"),
        *("2026-03-01T09:30Z", "2026-03-01T09:30:00,5Z", "2026-03-01T09:30:00.Z", "2026-W09-7T09:30:00Z"),
        *("2026-03-01T24:00:00Z", "2026-03-01T09:30:61Z", "2026-02-30T09:30:00Z", "2026-03-01T09:30:00+0100"),
        *("2026-03-01T09:30:00+24:00", "2026-03-01_09:30:00Z", " 2026-03-01T09:30:00Z", "2026-03-01T09:30:00Z\n"),
        *("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:60Z", "\uff12026-03-01T09:30:00Z", "1772366400"),
    ],
)
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"RFC 3339|isoformat|must be|out of range|offset"):
        parse_rfc3339(text)


def test_a_naive_time_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        rfc3339(datetime(2026, 3, 1))  # noqa: DTZ001 - what the test is about


def test_now_is_in_utc() -> None:
    assert now().tzinfo is UTC


INSTANTS = TypeAdapter(ReportedInstant)


@pytest.mark.parametrize("text", ['"2026-03-01t09:30:00z"', '"2026-03-01T09:29:60Z"', '"2026-03-01T10:30:00+01:00"'])
def test_a_reported_instant_is_read_by_the_same_rules(text: str) -> None:
    assert INSTANTS.validate_json(text) == datetime(2026, 3, 1, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    ["1772366400", '"1772366400"', '"2026-03-01"', '"2026-03-01T09:30:00"', '"0001-01-01T00:00:00+14:00"', "true"],
)
def test_no_other_form_of_a_time_is_an_instant(text: str) -> None:
    with pytest.raises(ValidationError):
        INSTANTS.validate_json(text)
