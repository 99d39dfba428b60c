"""Parameters of requests that several capabilities share."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Annotated

from fastapi import Depends, Query
from pydantic import BeforeValidator, TypeAdapter

from shared.errors import Invalid
from shared.events.values import BlankIsNone, Day

MOST_DAYS = 3660
Named = Annotated[str, Query(max_length=1000, pattern=r"^[^\x00]*$")]
Chosen = Annotated[Annotated[str, Query(max_length=1000, pattern=r"^[^\x00]*$")] | None, BlankIsNone]
"""A filter by name; empty and absent are the same."""


def _read_day(value: object) -> object:
    """A day as it is written, and no number of seconds that would be one."""
    return _DAY.validate_python(value) if isinstance(value, str) else value


_DAY = TypeAdapter(Day)
AskedDay = Annotated[date | None, BeforeValidator(_read_day), BlankIsNone]


@dataclass(frozen=True, slots=True)
class DayRange:
    """From `begin` up to, and without, `until`; UTC days."""

    begin: date | None
    until: date | None
    last: int | None = None

    def until_newest(self, newest: date | None) -> "DayRange":
        """With the first day that `last` means, where no other is given."""
        if self.begin is not None or self.last is None or newest is None:
            return self
        return replace(self, begin=newest - timedelta(days=self.last - 1))

    def within(self, now: datetime) -> tuple[date, date]:
        """The days that are meant: by default the last ten years. Raises Invalid for none, and for more than that."""
        until = self.until or now.date() + timedelta(days=2)
        begin = self.begin or max(until, date.min + timedelta(days=MOST_DAYS)) - timedelta(days=MOST_DAYS)
        if begin >= until:
            raise Invalid("the days end before they begin: `until` is the day after the last", field="query.until")
        if (until - begin).days > MOST_DAYS:
            raise Invalid(f"at most {MOST_DAYS} days at a time", field="query.from")
        return begin, until


def _day_range(
    begin: Annotated[
        AskedDay, Query(alias="from", description="The first day; by default ten years before `until`.")
    ] = None,
    until: Annotated[AskedDay, Query(description="The day after the last; by default all until now.")] = None,
    last: Annotated[
        int | None,
        Query(ge=1, le=MOST_DAYS, description="So many days up to the newest sale, where no first day is given."),
    ] = None,
) -> DayRange:
    return DayRange(begin, until, last)


Days = Annotated[DayRange, Depends(_day_range)]
