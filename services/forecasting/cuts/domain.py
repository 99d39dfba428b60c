"""Weeks begin on Monday at 00:00 UTC; cuts are the weeks' beginnings on which forecasts are made."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

WEEK = timedelta(days=7)
_MONDAY = date(2001, 1, 1)
_EARLIEST = date(1, 1, 2)
_EARLIEST_SLOT = datetime(_EARLIEST.year, _EARLIEST.month, _EARLIEST.day, tzinfo=UTC)
_MINUTES = 15


@dataclass(frozen=True, slots=True)
class SetAside:
    """How many were left out of a cut, and the first of them by name with its reason."""

    count: int
    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Cut:
    """A cut whose forecasts stand, whether its scores do, and what was left out."""

    cut: date
    scored: bool
    set_aside: SetAside | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """The last party scored at a cut, by id, and whether all are."""

    after: UUID | None
    scored: bool


def week_of(day: date) -> date:
    """The Monday on or before `day`."""
    return day - timedelta(days=day.weekday())


def day_of(time: datetime) -> date:
    """The UTC day; never the first one there is, which the database's driver writes as minus infinity."""
    return max((time if time.tzinfo is UTC else time.astimezone(UTC)).date(), _EARLIEST)


def slot_of(time: datetime) -> datetime:
    """When its quarter of an hour began; the hours and days of every zone are made of whole ones."""
    utc = time if time.tzinfo is UTC else time.astimezone(UTC)
    return max(utc.replace(minute=utc.minute // _MINUTES * _MINUTES, second=0, microsecond=0), _EARLIEST_SLOT)


def instant(day: date) -> datetime:
    """When `day` begins."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def last_cut(now: datetime, every: timedelta) -> date:
    """The newest cut that has passed. Cuts lie on one grid for ever, `every` (whole weeks, at least one) apart."""
    weeks = max(every // WEEK, 1)
    passed = (week_of(now.astimezone(UTC).date()) - _MONDAY) // WEEK
    return _MONDAY + WEEK * (passed // weeks * weeks)
