"""Messages, tickets and choices by day (UTC, of the event's time) and partition: sums, so any order gives the same."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from services.forecasting.cuts.domain import day_of
from shared.engine.event import Event
from shared.events.campaigns import MessageSent, MessageSkipped, MessageUnknown
from shared.events.sales import ProductChosen
from shared.events.tickets import TicketOpened, TicketStatusChanged

MessageKey = tuple[date, str, str, int]
"""Day, campaign ('' where none matched), outcome, partition."""
ENDED = frozenset(("resolved", "closed", "merged", "spam"))
"""States of tickets that are not open."""
TicketKey = tuple[date, str, int]
"""Day, channel, partition."""


@dataclass(frozen=True, slots=True)
class Usage:
    """How often a party chose products in the last 28 days and in the 84 before, and on how many days of each."""

    recent: int
    before: int
    recent_days: int
    before_days: int


@dataclass(frozen=True, slots=True)
class Disputes:
    """What a party disputes at once: how many, since when, and the newest."""

    count: int
    first_at: datetime
    last_at: datetime
    newest: UUID


def count_messages(events: Iterable[Event[MessageSent | MessageSkipped | MessageUnknown]]) -> Counter[MessageKey]:
    """Each decided message once: `sent`, `unknown`, or why it was skipped."""
    return Counter(
        (day_of(event.time), event.data.campaign or "", _outcome(event.data), event.partition) for event in events
    )


def count_tickets(events: Iterable[Event[TicketOpened]]) -> Counter[TicketKey]:
    return Counter((day_of(event.time), event.data.channel, event.partition) for event in events)


def count_backlog(events: Iterable[Event[TicketOpened | TicketStatusChanged]]) -> dict[tuple[date, int], int]:
    """By day and partition, by how much the number of open tickets changed."""
    changes: Counter[tuple[date, int]] = Counter()
    for event in events:
        moved = event.data
        change = 1 if isinstance(moved, TicketOpened) else (moved.previous in ENDED) - (moved.status in ENDED)
        changes[day_of(event.time), event.partition] += change
    return {key: change for key, change in changes.items() if change}


def count_choices(events: Iterable[Event[ProductChosen]]) -> Counter[tuple[UUID, date]]:
    """By party and day."""
    return Counter((event.data.party_id, day_of(event.time)) for event in events)


def _outcome(data: MessageSent | MessageSkipped | MessageUnknown) -> str:
    match data:
        case MessageSkipped():
            return data.reason
        case MessageUnknown():
            return "unknown"
        case _:
            return "sent"
