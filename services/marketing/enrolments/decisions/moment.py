"""When a message is decided, and what is known then."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Moment:
    """`first_look` is when the message could be decided first, `look` when it is decided now, by the timers.

    `now` is the time for what ends by itself. Facts that occurred after `horizon` do not count; None: everything that
    was handled so far counts, also what is dated ahead.
    """

    first_look: datetime
    look: datetime
    now: datetime
    horizon: datetime | None

    def counts(self, occurred_at: datetime) -> bool:
        return self.horizon is None or occurred_at <= self.horizon


def moment_of(due_at: datetime, recorded_at: datetime, timer_at: datetime, wall_now: datetime | None) -> Moment:
    """`recorded_at` is the trigger's: a sale that was reported late is decided by what was known when it was.

    Without a wall clock, on the stream's, only facts up to the look count, so that a replay decides the same.
    """
    first_look = max(due_at, recorded_at)
    look = max(timer_at, first_look)
    if wall_now is None:
        return Moment(first_look, look, look, look)
    return Moment(first_look, look, wall_now, None)
