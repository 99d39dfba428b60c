"""Whether an agreement or a dispute stands against a message."""

from collections.abc import Iterable

from services.marketing.copies.domain import Restraint
from services.marketing.enrolments.decisions.moment import Moment


def forbidding(restraints: Iterable[Restraint], purpose: str, channel: str, moment: Moment) -> Restraint | None:
    """The boundary that forbids this purpose on this channel: the latest that covers it and is in effect decides."""
    covering = [
        each
        for each in restraints
        if each.kind == "boundary"
        and each.purpose in {None, purpose}
        and each.channel in {None, channel}
        and moment.counts(each.occurred_at)
        and each.starts_at <= moment.now
        and (each.ends_at is None or moment.now < each.ends_at)
    ]
    latest = max(covering, key=lambda each: (each.occurred_at, each.holds, each.event_id), default=None)
    return latest if latest is not None and latest.holds else None


def open_disputes(restraints: Iterable[Restraint], moment: Moment) -> tuple[str, ...]:
    """The events that raised what has not been closed."""
    latest: dict[str, Restraint] = {}
    for each in sorted(restraints, key=lambda each: (each.occurred_at, not each.holds, each.event_id)):
        if each.kind == "dispute" and moment.counts(each.occurred_at):
            latest[each.subject] = each
    return tuple(each.event_id for each in latest.values() if each.holds)
