"""When the demo's clock ticks: at each midnight, and when support's desk is open, on Mondays."""

from datetime import UTC, datetime, time, timedelta

DAY = timedelta(days=1)
DESK_DAY, DESK_HOUR = 0, timedelta(hours=9)


def next_tick(at: datetime) -> datetime:
    """The first tick after a moment; what happens at a tick comes after it."""
    midnight = _midnight(at)
    desk = midnight + DESK_HOUR
    return desk if at.weekday() == DESK_DAY and at < desk else midnight + DAY


def last_tick(at: datetime) -> datetime:
    """The last tick by a moment, which is what services take for the time when something comes to them late."""
    midnight = _midnight(at)
    desk = midnight + DESK_HOUR
    return desk if at.weekday() == DESK_DAY and at >= desk else midnight


def is_desk(tick: datetime) -> bool:
    return tick.weekday() == DESK_DAY and tick == _midnight(tick) + DESK_HOUR


def _midnight(at: datetime) -> datetime:
    return datetime.combine(at.date(), time(), UTC)
