"""A warning of support's backlog: at the ends of two days more tickets are open than at those of the same days of the
weeks before.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import sqrt
from statistics import median

from services.forecasting.warnings.domain.warning import BACKLOG, Cleared, Warned
from shared.events.insights import Contribution
from shared.ids import derived_id

OPEN_TICKETS = "tickets:open"
"""What the warning is about, and the key of its events."""
WEEKS = 8
_FEWEST_WEEKS = 4
DAYS = 7 * WEEKS + 2
"""Ends of days that are looked at, the newest last: two, with the weeks before them."""
_FEWEST_OPEN = 10
_BEYOND, _CALM = 10.0, 2.0
"""Spreads above what is usual: of a backlog, and at most of what is none any more. Queues swing far by themselves."""
_TIMES = 1.5
_NORMAL = 1.4826
"""The median distance from the median times this is the standard deviation of what is normally distributed."""


@dataclass(frozen=True, slots=True)
class Usual:
    """How many are open at the end of such a day of the week, by how much that varies, and the most there were."""

    level: float
    spread: float
    most: int

    @property
    def calm(self) -> float:
        return self.level + _CALM * self.spread


def usual_of(ends: Sequence[int]) -> Usual | None:
    """Of the same day of the week in the eight weeks before the newest end; None before four weeks are known."""
    before = ends[-8::-7]
    if len(before) < _FEWEST_WEEKS:
        return None
    level = median(before)
    spread = max(_NORMAL * median(abs(one - level) for one in before), sqrt(max(level, 1)))
    return Usual(level, spread, max(before))


def watch_backlog(ends: Sequence[int], day: date) -> Warned | None:
    """A warning where on two days in a row more were open than in any of the weeks before, and by far; `day` is the one
    after the newest.
    """
    usual = _exceeded(ends)
    if usual is None or _exceeded(ends[:-1]) is None:
        return None
    now = ends[-1]
    evidence = (
        Contribution(input="open_tickets", value=float(now)),
        Contribution(input="usually_open", value=round(usual.level, 3)),
        Contribution(input="usual_spread", value=round(usual.spread, 3)),
        Contribution(input="most_open_in_eight_weeks", value=float(usual.most)),
        Contribution(input="open_a_week_before", value=float(ends[-8])),
    )
    warning_id = derived_id("warning", BACKLOG, OPEN_TICKETS, day)
    return Warned(warning_id, BACKLOG, OPEN_TICKETS, 1 - usual.level / now, day, evidence, "backlog/1")


def settle_backlog(warned: Warned, ends: Sequence[int], day: date) -> Cleared | None:
    """Over where so few are open as was usual when it was raised, or as has become usual since."""
    if not ends or day <= warned.as_of:
        return None
    then = warned.had("usually_open") + _CALM * warned.had("usual_spread")
    usual = usual_of(ends)
    grown = usual.calm if usual is not None and day - warned.as_of >= timedelta(days=7 * _FEWEST_WEEKS) else 0.0
    return Cleared(warned, "over") if ends[-1] <= max(then, grown) else None


def _exceeded(ends: Sequence[int]) -> Usual | None:
    """What would be usual at the newest end, where that is far beyond it."""
    usual = usual_of(ends)
    if usual is None or ends[-1] < _FEWEST_OPEN or ends[-1] <= usual.most:
        return None
    far = max(usual.level * _TIMES, usual.level + _BEYOND * usual.spread)
    return usual if ends[-1] > far else None
