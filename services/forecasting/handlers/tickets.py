"""Tickets of support, and what parties dispute."""

from collections.abc import Sequence
from typing import cast

import structlog

from services.forecasting.activity import commands as activity
from services.forecasting.subscriptions import sales as hears
from shared.engine.event import Event
from shared.engine.transaction import Transaction
from shared.events.tickets import DisputeClosed, DisputeRaised, TicketOpened

log = structlog.get_logger()


@hears.topic("crm.tickets")
async def count_tickets(events: Sequence[Event[TicketOpened | DisputeRaised | DisputeClosed]], tx: Transaction) -> None:
    """Count how many tickets were opened, by channel and day, and keep what is disputed."""
    opened = [cast("Event[TicketOpened]", event) for event in events if isinstance(event.data, TicketOpened)]
    disputed = [
        cast("Event[DisputeRaised | DisputeClosed]", event)
        for event in events
        if isinstance(event.data, DisputeRaised | DisputeClosed)
    ]
    await activity.add_tickets(tx, opened)
    await activity.copy_disputes(tx, disputed)
    log.info("tickets_counted", tickets=len(opened), disputes=len(disputed))
