"""What campaigns and support did, counted by day."""

from collections.abc import Sequence

from services.forecasting.activity import store
from services.forecasting.activity.domain import count_messages, count_tickets
from shared.engine.event import Event
from shared.engine.transaction import Transaction
from shared.events.campaigns import MessageSent, MessageSkipped, MessageUnknown
from shared.events.tickets import TicketOpened


async def add_messages(tx: Transaction, events: Sequence[Event[MessageSent | MessageSkipped | MessageUnknown]]) -> None:
    """Count messages that went out or did not, by campaign and day."""
    await store.add_messages(tx, count_messages(events))


async def add_tickets(tx: Transaction, events: Sequence[Event[TicketOpened]]) -> None:
    """Count tickets that were opened, by channel and day."""
    await store.add_tickets(tx, count_tickets(events))
