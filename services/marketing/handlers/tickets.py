"""Whether a party waits for an answer: for campaigns that then keep silent, or begin when it has it."""

from collections.abc import Sequence

import structlog

from services.marketing.copies import commands as copies
from services.marketing.flows import commands as flows
from services.marketing.sending import commands as sending
from services.marketing.subscriptions import follow_ups as hears
from shared.engine.event import Event
from shared.engine.transaction import Transaction
from shared.events.tickets import TicketOpened, TicketReopened, TicketResolved, TicketStatusChanged

log = structlog.get_logger()


@hears.topic("crm.tickets")
async def copy_ticket_changes(
    events: Sequence[Event[TicketOpened | TicketStatusChanged | TicketResolved | TicketReopened]], tx: Transaction
) -> None:
    """When a ticket was opened and when it was met; support's words stay with support."""
    await copies.copy_ticket_changes(tx, events)
    await sending.drop(tx, await flows.follow_events(tx, events))
    log.info("ticket_changes_copied", changes=len(events))
