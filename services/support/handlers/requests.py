"""Requests for help: each becomes a ticket."""

from collections.abc import Sequence

import structlog

from services.support.copies import commands as copies
from services.support.subscriptions import tickets as hears
from services.support.tickets import commands as tickets
from shared.engine.event import Event
from shared.engine.transaction import Transaction
from shared.events.requests import SupportRequested

log = structlog.get_logger()


@hears.topic("crm.requests")
async def open_tickets(events: Sequence[Event[SupportRequested]], tx: Transaction) -> None:
    """Open a ticket per request. The text stays in support's tables; the topic learns that there is one."""
    erased = await copies.lock_parties(tx, {event.data.party_id for event in events})
    opened = await tickets.open_tickets(tx, events, erased)
    log.info("tickets_opened", requests=len(events), tickets=opened)
