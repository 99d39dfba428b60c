"""Working time: the instants whose local time lies in the hours of a calendar, on a day that is no holiday.

Everything is half open. An hour that a change of clocks takes away has no instants; one that it gives
twice has both.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import holidays
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

_DAY = timedelta(days=1)
_FURTHEST = 366 * 3
"""Days that are looked through for working time; a calendar that is never open promises nothing."""
Span = tuple[datetime, datetime]


class Hours(BaseModel):
    """Minutes of a local day, from the first one up to `end`, which may be 24:00 and is not in it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    start: int = Field(ge=0, lt=1440)
    end: int = Field(gt=0, le=1440)

    @model_validator(mode="after")
    def _ordered(self) -> "Hours":
        if self.start >= self.end:
            raise ValueError("hours end after they begin, on the same day")
        return self


class Calendar(BaseModel):
    """`week` has the hours of Monday first, seven days; holidays are those of a country and single days."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    zone: str
    week: tuple[tuple[Hours, ...], ...] = Field(min_length=7, max_length=7)
    country: str | None = None
    closed: tuple[date, ...] = ()

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, zone: str) -> str:
        if zone not in _zones():
            raise ValueError(f"no time zone is called {zone}")
        return zone

    @field_validator("country")
    @classmethod
    def _known_country(cls, country: str | None) -> str | None:
        if country is not None and country not in _countries():
            raise ValueError(f"no holidays are known of {country}")
        return country

    @field_validator("week")
    @classmethod
    def _ordered(cls, week: tuple[tuple[Hours, ...], ...]) -> tuple[tuple[Hours, ...], ...]:
        for day in week:
            if any(one.end > other.start for one, other in pairwise(day)):
                raise ValueError("the hours of a day come in order and do not overlap")
        return week


@cache
def _zones() -> frozenset[str]:
    # Reading the folders of the zones takes milliseconds.
    return frozenset(available_timezones())


@cache
def _countries() -> frozenset[str]:
    return frozenset(holidays.list_supported_countries())


def working_between(calendar: Calendar, begin: datetime, end: datetime) -> timedelta:
    """The working time from `begin` up to `end`."""
    return sum((until - since for since, until in _open_spans(calendar, begin, end)), timedelta())


def add_working(calendar: Calendar, begin: datetime, amount: timedelta) -> datetime | None:
    """The first instant by which so much working time has passed since `begin`; None where it never does."""
    left = amount
    for since, until in _open_spans(calendar, begin, begin + _DAY * _FURTHEST):
        if left <= until - since:
            return since + left
        left -= until - since
    return None


def is_working(calendar: Calendar, at: datetime) -> bool:
    return next(_open_spans(calendar, at, at + timedelta(microseconds=1)), None) is not None


def next_change(calendar: Calendar, at: datetime) -> datetime | None:
    """When working time begins or ends next; None where it never does within a month."""
    end = at
    for since, until in _open_spans(calendar, at, at + _DAY * 31):
        if since > end:
            return since if end == at else end
        end = until
    return end if at < end < at + _DAY * 31 else None


def _open_spans(calendar: Calendar, begin: datetime, end: datetime) -> Iterator[Span]:
    if begin >= end:
        return
    zone = ZoneInfo(calendar.zone)
    day, last = begin.astimezone(zone).date(), end.astimezone(zone).date()
    while day <= last:
        for since, until in _spans_of(calendar, day):
            if (low := max(since, begin)) < (high := min(until, end)):
                yield low, high
        day += _DAY


def _spans_of(calendar: Calendar, day: date) -> list[Span]:
    """What is open on a local day, in order, in UTC."""
    if day in calendar.closed or (calendar.country is not None and _is_holiday(calendar.country, day)):
        return []
    midnight = datetime.combine(day, time(), UTC)
    found = []
    for since, until, offset in _offsets(calendar.zone, day):
        for hours in calendar.week[day.weekday()]:
            low = max(since, midnight + timedelta(minutes=hours.start) - offset)
            high = min(until, midnight + timedelta(minutes=hours.end) - offset)
            if low < high:
                found.append((low, high))
    return sorted(found)


def _is_holiday(country: str, day: date) -> bool:
    return day in _holidays(country, day.year)


@lru_cache(maxsize=1024)
def _holidays(country: str, year: int) -> frozenset[date]:
    return frozenset(holidays.country_holidays(country, years=year))


@lru_cache(maxsize=4096)
def _offsets(zone_name: str, day: date) -> list[tuple[datetime, datetime, timedelta]]:
    """The spans of UTC around a local day within which the zone's offset is the same."""
    zone = ZoneInfo(zone_name)
    since = datetime.combine(day, time(), UTC) - _DAY
    end = since + 3 * _DAY
    spans = []
    while since < end:
        offset = _offset(zone, since)
        until = since
        while until < end and _offset(zone, until) == offset:
            until += timedelta(hours=1)
        until = _change(zone, max(since, until - timedelta(hours=1)), min(until, end), offset)
        spans.append((since, until, offset))
        since = until
    return spans


def _change(zone: ZoneInfo, low: datetime, high: datetime, offset: timedelta) -> datetime:
    """The instant between these at which the offset is another, to the second; `high` where it stays."""
    if _offset(zone, high - timedelta(seconds=1)) == offset:
        return high
    while high - low > timedelta(seconds=1):
        middle = low + timedelta(seconds=int((high - low).total_seconds()) // 2)
        low, high = (middle, high) if _offset(zone, middle) == offset else (low, middle)
    return high


def _offset(zone: ZoneInfo, at: datetime) -> timedelta:
    offset = at.astimezone(zone).utcoffset()
    assert offset is not None  # of a time with a zone
    return offset
