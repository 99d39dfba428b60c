"""Boundaries, disputes, quiet hours and caps: what stands against a message, and until when."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, strategies as st

from services.marketing.copies.domain import Restraint
from services.marketing.enrolments.decisions.boundaries import forbidding, open_disputes
from services.marketing.enrolments.decisions.caps import longest, room_of
from services.marketing.enrolments.decisions.moment import Moment
from services.marketing.enrolments.decisions.quiet_hours import quiet_until
from services.marketing.settings import Cap, QuietHours
from shared.ids import derived_id
from tests.unit.marketing.facts import ADA, BOB, DAY, HOUR, NOW

NIGHT = QuietHours(time(21), time(8))


def moment(horizon: datetime | None = None) -> Moment:
    return Moment(NOW, NOW, NOW, horizon)


def boundary(name: str, *, at: datetime = NOW - HOUR, holds: bool = True, **fields: Any) -> Restraint:
    values = {"purpose": None, "channel": None, "starts_at": at, "ends_at": None, **fields}
    return Restraint(name, ADA, "boundary", "", holds=holds, occurred_at=at, **values)


def dispute(name: str, subject: str, at: datetime, *, holds: bool = True) -> Restraint:
    return Restraint(name, ADA, "dispute", subject, None, None, holds, at, at, None)


@pytest.mark.parametrize(
    ("restraints", "by"),
    [
        ([boundary("all")], "all"),
        ([boundary("mail", channel="email", purpose="marketing")], "mail"),
        ([boundary("sms", channel="sms"), boundary("other", purpose="news")], None),
        ([boundary("later", starts_at=NOW + HOUR)], None),
        ([boundary("over", ends_at=NOW)], None),
        ([boundary("a", at=NOW - DAY), boundary("b", holds=False)], None),
        ([boundary("a"), boundary("b", at=NOW - DAY, holds=False)], "a"),
        ([boundary("a", holds=False), boundary("b")], "b"),
        ([boundary("a", at=NOW - DAY), boundary("b", holds=False, ends_at=NOW)], "a"),
    ],
)
def test_the_latest_boundary_in_effect_decides(restraints: list[Restraint], by: str | None) -> None:
    found = forbidding(restraints, "marketing", "email", moment())
    assert (found.event_id if found else None) == by
    assert forbidding(restraints, "marketing", "email", moment(NOW - 2 * DAY)) is None


def test_a_dispute_holds_from_when_it_is_raised_until_it_is_closed() -> None:
    told = [
        dispute("closed", "one", NOW - HOUR, holds=False),
        dispute("raised", "one", NOW - DAY),
        dispute("other", "two", NOW),
    ]
    assert open_disputes(told, moment()) == ("other",)
    assert open_disputes(told, moment(NOW - 2 * HOUR)) == ("raised",)
    assert open_disputes([dispute("a", "x", NOW), dispute("b", "x", NOW, holds=False)], moment()) == ()


@pytest.mark.parametrize(
    ("hours", "zone", "now", "until"),
    [
        (None, None, "2026-03-02T23:00Z", None),
        (NIGHT, None, "2026-03-02T20:59Z", None),
        (NIGHT, None, "2026-03-02T21:00Z", "2026-03-03T08:00Z"),
        (NIGHT, None, "2026-03-03T07:59Z", "2026-03-03T08:00Z"),
        (NIGHT, None, "2026-03-03T08:00Z", None),
        (NIGHT, "Asia/Tokyo", "2026-03-02T13:00Z", "2026-03-02T23:00Z"),
        (NIGHT, "America/New_York", "2026-03-02T13:00Z", None),
        (QuietHours(time(12), time(13), "Europe/Copenhagen"), None, "2026-03-02T11:30Z", "2026-03-02T12:00Z"),
        # The night in which an hour is left out is an hour shorter; the one in which an hour comes twice is longer.
        (NIGHT, "Europe/Copenhagen", "2026-03-28T20:00Z", "2026-03-29T06:00Z"),
        (NIGHT, "Europe/Copenhagen", "2026-10-24T19:00Z", "2026-10-25T07:00Z"),
        # 02:30 is left out: it is as late as 03:30. Of two 02:30 the next one counts.
        (QuietHours(time(22), time(2, 30)), "Europe/Copenhagen", "2026-03-29T00:00Z", "2026-03-29T01:30Z"),
        (QuietHours(time(22), time(2, 30)), "Europe/Copenhagen", "2026-10-25T00:10Z", "2026-10-25T00:30Z"),
        (QuietHours(time(22), time(2, 30)), "Europe/Copenhagen", "2026-10-25T01:10Z", "2026-10-25T01:30Z"),
    ],
)
def test_quiet_reigns_by_the_partys_own_clock(
    hours: QuietHours | None, zone: str | None, now: str, until: str | None
) -> None:
    read = datetime.fromisoformat
    assert quiet_until(hours, zone, read(now)) == (read(until) if until else None)


@given(
    st.timedeltas(timedelta(0), timedelta(days=365)),
    st.times(),
    st.times(),
    st.sampled_from(["Europe/Copenhagen", "America/St_Johns", "Australia/Lord_Howe", "Africa/Casablanca", "UTC"]),
)
def test_what_waits_for_the_end_of_the_quiet_is_sent_within_a_day_or_so(
    since: timedelta, begin: time, end: time, zone: str
) -> None:
    """At the end it is quiet no more, unless the clock was put back over it: then at the next end."""
    if begin == end:
        return
    at, hours, looks = datetime(2026, 1, 1, tzinfo=UTC) + since, QuietHours(begin, end), 0
    first = at
    while (until := quiet_until(hours, zone, at)) is not None:
        assert until > at
        at, looks = until, looks + 1
    assert looks <= 2
    assert at - first <= timedelta(hours=26)


DAYS = [date(2026, 3, day) for day in range(1, 11)]


def test_caps_leave_room_for_the_more_important_and_open_again() -> None:
    caps = [Cap(most=2, days=3), Cap(most=1, days=1, below_priority=10)]
    room = room_of(caps, [(ADA, DAYS[0], 1), (ADA, DAYS[2], 1)])
    assert longest(caps) == 3
    assert room.is_full(ADA, DAYS[2], 50)
    assert not room.is_full(ADA, DAYS[3], 0)
    assert not room.is_full(BOB, DAYS[2], 0)
    room.take(BOB, DAYS[2])
    assert room.is_full(BOB, DAYS[2], 0)
    assert not room.is_full(BOB, DAYS[2], 10)
    room.take(BOB, DAYS[2])
    assert room.is_full(BOB, DAYS[4], 10)
    assert not room.is_full(BOB, DAYS[5], 10)
    assert dict(room.new) == {(BOB, DAYS[2]): 2}


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 9)), max_size=60))
def test_no_window_ever_holds_more_than_its_cap(asked: list[tuple[int, int]]) -> None:
    cap, room = Cap(most=3, days=4), room_of([Cap(most=3, days=4)], [])
    sent: dict[UUID, list[date]] = {}
    for party, day in sorted(asked, key=lambda each: each[1]):
        id_ = derived_id(party)
        if not room.is_full(id_, DAYS[day], 0):
            room.take(id_, DAYS[day])
            sent.setdefault(id_, []).append(DAYS[day])
    for days in sent.values():
        for last in DAYS:
            assert sum(last - timedelta(days=cap.days) < each <= last for each in days) <= cap.most
