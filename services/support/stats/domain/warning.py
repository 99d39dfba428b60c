"""When tickets look as if they got out of hand, and when that is over."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, NamedTuple
from uuid import UUID

from shared.engine.event import Emission
from shared.events.tickets import DeskWarningCleared, DeskWarningRaised

Kind = Literal["slack_short", "backlog_growing", "similar_tickets"]
GROWTH_DAYS, PRODUCT_DAYS, USUAL_DAYS = 3, 3, 28
LOOKS_AGAIN = timedelta(hours=6)
"""A warning may end because nothing happens any more."""
_FEWEST_SHORT, _FEWEST_GROWN, _FEWEST_SIMILAR = 5, 10, 5
_GROWN, _SIMILAR = 0.5, 3.0


class About(NamedTuple):
    """A queue, or a product and the category of tickets about it."""

    kind: Kind
    about: str
    category: str = ""


class Level(NamedTuple):
    """What is observed, and what is usual there."""

    observed: int
    usual: int


@dataclass(frozen=True, slots=True)
class Warned:
    """A warning that was raised."""

    id: UUID
    about: About
    level: Level
    raised_at: datetime
    cleared_at: datetime | None = None


def threshold(kind: Kind, usual: int) -> float:
    """From how much on it is a warning: tickets with little time left, tickets more than were closed in the last days
    against those that were open before, tickets about one product against the usual number in as many days.
    """
    match kind:
        case "slack_short":
            return _FEWEST_SHORT
        case "backlog_growing":
            return max(_FEWEST_GROWN, _GROWN * usual)
        case "similar_tickets":
            return max(_FEWEST_SIMILAR, _SIMILAR * usual)


def is_too_much(about: About, level: Level) -> bool:
    return level.observed >= threshold(about.kind, level.usual)


def is_over(about: About, level: Level) -> bool:
    """Well below what raises it, so that it is not raised and cleared by turns."""
    return level.observed < threshold(about.kind, level.usual) / 2


def announce_raised(warned: Warned) -> Emission:
    data = DeskWarningRaised(
        warning_id=warned.id,
        kind=warned.about.kind,
        about=warned.about.about,
        category=warned.about.category or None,
        observed=warned.level.observed,
        usual=warned.level.usual,
        recorded_at=warned.raised_at,
    )
    return Emission(data, warned.raised_at)


def announce_cleared(warned: Warned, level: Level, now: datetime) -> Emission:
    data = DeskWarningCleared(
        warning_id=warned.id,
        kind=warned.about.kind,
        about=warned.about.about,
        category=warned.about.category or None,
        observed=level.observed,
        recorded_at=now,
    )
    return Emission(data, now)
