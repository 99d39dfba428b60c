"""The date that an enrolment waits for before its first step."""

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

from services.marketing.catalogue.domain.definition import FURTHEST, Trigger
from services.marketing.catalogue.domain.occurrences import Occurrence, values_at


def said_at(data: Occurrence, field: str | None, occurred_at: datetime) -> datetime | None:
    """The time that an event says there, or when it happened where no field is named; None where it says none."""
    if field is None:
        return occurred_at
    return next((each for each in values_at(data, field) if isinstance(each, datetime)), None)


def date_of(trigger: Trigger, said: datetime | None, since: datetime, zone: str) -> datetime | None:
    """When the first step is taken; None where no time is said, or it leads too far ahead of `since`.

    An hour that a change to summer time leaves out is as late as the clock's jump makes it; of one that comes twice the
    first counts.
    """
    if said is None or trigger.offset is None:
        return None
    try:
        if trigger.at is None:
            at = said + trigger.offset
        else:
            local = ZoneInfo(zone)
            day = said.astimezone(local).date() + trigger.offset
            at = datetime.combine(day, time.fromisoformat(trigger.at), local)
        at = at.astimezone(UTC)
    except (OverflowError, ValueError):
        return None  # no calendar has it
    return at if at - since <= FURTHEST else None


def is_past(trigger: Trigger, at: datetime, recorded_at: datetime) -> bool:
    """Whether a date was past by more than is let pass when the event that led to it was recorded."""
    return recorded_at - at > trigger.late
