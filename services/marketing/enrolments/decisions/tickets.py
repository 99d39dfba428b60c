"""Whether the party waits for an answer of support."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from services.marketing.copies.domain import TicketChange


def open_tickets(changes: Iterable[TicketChange], at: datetime) -> tuple[str, ...]:
    """The events by which tickets are open at that time, the oldest first."""
    latest: dict[UUID, TicketChange] = {}
    for change in sorted(changes, key=lambda change: (change.occurred_at, change.event_id)):
        if change.occurred_at <= at:
            latest[change.ticket_id] = change
    return tuple(change.event_id for change in latest.values() if change.open)
