"""What forecasting learns from tickets: how many were opened, by channel and day."""

from collections.abc import Sequence

import structlog

from services.forecasting import store
from services.forecasting.domain.activity import count_tickets
from services.forecasting.subscriptions import sales as hears
from shared.engine.event import Event
from shared.engine.transaction import Transaction
from shared.events.tickets import TicketOpened

log = structlog.get_logger()


@hears.topic("crm.tickets")
async def follow_tickets(events: Sequence[Event[TicketOpened]], tx: Transaction) -> None:
    counts = count_tickets(events)
    await store.add_tickets(tx, counts)
    log.info("tickets_counted", tickets=len(events), rows=len(counts))
