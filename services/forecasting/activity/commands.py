"""What campaigns, support and parties did beside buying, counted by day."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from uuid import UUID

from services.forecasting.activity import store
from services.forecasting.activity.domain import (
    Disputes,
    Usage,
    count_backlog,
    count_choices,
    count_messages,
    count_tickets,
)
from shared.engine.event import Event
from shared.engine.transaction import Transaction
from shared.events.campaigns import MessageSent, MessageSkipped, MessageUnknown, SegmentEntered, SegmentLeft
from shared.events.disputes import DisputeClosed, DisputeRaised
from shared.events.sales import ProductChosen
from shared.events.tickets import TicketOpened, TicketStatusChanged
from shared.sql import storable


async def add_messages(tx: Transaction, events: Sequence[Event[MessageSent | MessageSkipped | MessageUnknown]]) -> None:
    """Count messages that went out or did not, by campaign and day."""
    await store.add_messages(tx, count_messages(events))


async def add_tickets(tx: Transaction, events: Sequence[Event[TicketOpened]]) -> None:
    """Count tickets that were opened, by channel and day."""
    await store.add_tickets(tx, count_tickets(events))


async def add_backlog(tx: Transaction, events: Sequence[Event[TicketOpened | TicketStatusChanged]]) -> None:
    """Follow how many tickets are open, by day."""
    await store.add_backlog(tx, count_backlog(events))


async def load_backlog(tx: Transaction, until: date, days: int) -> list[int]:
    """How many tickets were open at the end of each of so many days before `until`, the newest last; from the day on
    which the first one was opened.
    """
    return await store.load_backlog(tx, until - timedelta(days=days), until)


async def add_choices(tx: Transaction, events: Sequence[Event[ProductChosen]]) -> None:
    """Count how often parties looked at, put aside or asked for products."""
    await store.add_choices(tx, count_choices(events))


async def copy_segments(tx: Transaction, events: Sequence[Event[SegmentEntered | SegmentLeft]]) -> None:
    """Keep when parties entered and left segments."""
    rows = {
        (event.data.party_id, storable(event.data.segment), event.time, isinstance(event.data, SegmentEntered))
        for event in events
    }
    await store.add_segment_changes(tx, sorted(rows))


async def copy_disputes(tx: Transaction, events: Sequence[Event[DisputeRaised | DisputeClosed]]) -> None:
    """Keep what parties dispute, and what of it is over."""
    raised = [
        (*_dispute(event), event.data.origin, event.data.sale_id and storable(event.data.sale_id))
        for event in events
        if isinstance(event.data, DisputeRaised)
    ]
    await store.add_disputes(tx, raised)
    await store.close_disputes(tx, [_dispute(event) for event in events if isinstance(event.data, DisputeClosed)])


async def load_usage(tx: Transaction, parties: Sequence[UUID], day: date) -> Mapping[UUID, Usage]:
    """Choices of parties in the 28 days before `day`, and in the three times 28 days before those."""
    return await store.load_usage(tx, parties, day)


async def load_disputes(tx: Transaction, least: int) -> Mapping[UUID, Disputes]:
    """The parties with so many disputes open at once, or more."""
    return await store.load_disputes(tx, least)


async def find_usage(tx: Transaction, party_ids: Sequence[UUID], day: date) -> tuple[Usage | None, Disputes | None]:
    """What one party chose, as of many, and what it disputes now, under all its ids; None where nothing."""
    return await store.find_usage(tx, party_ids, day)


def _dispute(event: Event[DisputeRaised | DisputeClosed]) -> store.Dispute:
    return event.data.dispute_id, event.data.party_id, event.time
