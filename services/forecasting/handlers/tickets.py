"""Tickets of support."""

from collections.abc import Sequence

import structlog

from services.forecasting.activity import commands as activity
from services.forecasting.subscriptions import sales as hears
from shared.engine.event import Event
from shared.engine.transaction import Transaction
from shared.events.tickets import TicketOpened

log = structlog.get_logger()


@hears.topic("crm.tickets")
async def count_tickets(events: Sequence[Event[TicketOpened]], tx: Transaction) -> None:
    """Count how many tickets were opened, by channel and day."""
    await activity.add_tickets(tx, events)
    log.info("tickets_counted", tickets=len(events))
