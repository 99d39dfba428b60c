"""Messages and tickets by day (UTC, of the event's time) and partition: sums, so any order gives the same."""

from collections import Counter
from collections.abc import Iterable
from datetime import date

from services.forecasting.cuts.domain import day_of
from shared.engine.event import Event
from shared.events.campaigns import MessageSent, MessageSkipped, MessageUnknown
from shared.events.tickets import TicketOpened

MessageKey = tuple[date, str, str, int]
"""Day, campaign ('' where none matched), outcome, partition."""
TicketKey = tuple[date, str, int]
"""Day, channel, partition."""


def count_messages(events: Iterable[Event[MessageSent | MessageSkipped | MessageUnknown]]) -> Counter[MessageKey]:
    """Each decided message once: `sent`, `unknown`, or why it was skipped."""
    return Counter(
        (day_of(event.time), event.data.campaign or "", _outcome(event.data), event.partition) for event in events
    )


def count_tickets(events: Iterable[Event[TicketOpened]]) -> Counter[TicketKey]:
    return Counter((day_of(event.time), event.data.channel, event.partition) for event in events)


def _outcome(data: MessageSent | MessageSkipped | MessageUnknown) -> str:
    match data:
        case MessageSkipped():
            return data.reason
        case MessageUnknown():
            return "unknown"
        case _:
            return "sent"
