"""What becomes of tickets: new ones are triaged, and those whose category is known are learned from."""

from collections.abc import Sequence
from typing import cast

import structlog

from services.support.subscriptions import triage as hears
from services.support.triage import commands as triage
from shared.engine.event import Event
from shared.engine.transaction import Transaction
from shared.events.tickets import TicketOpened, TicketResolved

log = structlog.get_logger()


@hears.topic("crm.tickets")
async def triage_tickets(events: Sequence[Event[TicketOpened | TicketResolved]], tx: Transaction) -> None:
    """The model answers before anybody has read the request; what was resolved says whether it was right."""
    opened = [cast("Event[TicketOpened]", event) for event in events if isinstance(event.data, TicketOpened)]
    triaged = await triage.triage_tickets(tx, opened)
    await triage.learn_from(tx, [event.data.ticket_id for event in events if isinstance(event.data, TicketResolved)])
    log.info("tickets_triaged", events=len(events), triaged=triaged)
