"""The hours in which nobody is written to, by the party's own clock."""

from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from services.marketing.settings import QuietHours


def quiet_until(hours: QuietHours | None, time_zone: str | None, now: datetime) -> datetime | None:
    """When the quiet that reigns now is over; None where it does not.

    An end that a change to summer time leaves out is as late as the clock's jump makes it; of one that comes twice the
    next one counts.
    """
    if hours is None:
        return None
    zone = _zone(time_zone or hours.time_zone)
    local = now.astimezone(zone)
    if not _is_quiet(hours, local.time()):
        return None
    days = (local.date(), local.date() + timedelta(days=1))
    ends = [
        datetime.combine(day, hours.end, zone).replace(fold=fold).astimezone(UTC) for day in days for fold in (0, 1)
    ]
    return min(end for end in ends if end > now and not _is_quiet(hours, end.astimezone(zone).time()))


def _is_quiet(hours: QuietHours, local: time) -> bool:
    if hours.begin <= hours.end:
        return hours.begin <= local < hours.end
    return local >= hours.begin or local < hours.end


@lru_cache(maxsize=1_000)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)
