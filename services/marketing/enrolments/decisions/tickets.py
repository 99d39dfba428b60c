"""Whether the party waits for an answer of support."""

from collections.abc import Iterable
from uuid import UUID

from services.marketing.copies.domain import TicketChange
from services.marketing.enrolments.decisions.moment import Moment


def open_tickets(changes: Iterable[TicketChange], moment: Moment) -> tuple[str, ...]:
    latest: dict[UUID, TicketChange] = {}
    for change in sorted(changes, key=lambda change: (change.occurred_at, change.event_id)):
        if moment.counts(change.occurred_at):
            latest[change.ticket_id] = change
    return tuple(change.event_id for change in latest.values() if change.open)
