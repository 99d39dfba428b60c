"""Tickets of support, and what parties dispute."""

from collections.abc import Sequence
from typing import cast

import structlog

from services.forecasting.activity import commands as activity
from services.forecasting.cross_sell import commands as cross_sell
from services.forecasting.subscriptions import sales as hears
from shared.engine.event import Event
from shared.engine.transaction import Transaction
from shared.events.disputes import DisputeClosed, DisputeRaised
from shared.events.tickets import TicketOpened, TicketStatusChanged, TicketTriaged

log = structlog.get_logger()


@hears.topic("crm.tickets")
async def count_tickets(
    events: Sequence[Event[TicketOpened | TicketTriaged | TicketStatusChanged | DisputeRaised | DisputeClosed]],
    tx: Transaction,
) -> None:
    """Count how many tickets were opened and are open, by day, and keep what is urgent and what is disputed."""
    opened = [cast("Event[TicketOpened]", event) for event in events if isinstance(event.data, TicketOpened)]
    disputed = [
        cast("Event[DisputeRaised | DisputeClosed]", event)
        for event in events
        if isinstance(event.data, DisputeRaised | DisputeClosed)
    ]
    moved = [
        cast("Event[TicketTriaged | TicketStatusChanged]", event)
        for event in events
        if isinstance(event.data, TicketTriaged | TicketStatusChanged)
    ]
    counted = [
        cast("Event[TicketOpened | TicketStatusChanged]", event)
        for event in events
        if isinstance(event.data, TicketOpened | TicketStatusChanged)
    ]
    await activity.add_tickets(tx, opened)
    await activity.add_backlog(tx, counted)
    await activity.copy_disputes(tx, disputed)
    await cross_sell.copy_urgency(tx, moved)
    log.info("tickets_counted", tickets=len(opened), disputes=len(disputed))
