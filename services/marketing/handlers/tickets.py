"""Whether a party waits for an answer: for campaigns that then keep silent, or begin when it has it."""

from collections.abc import Sequence
from typing import cast

import structlog

from services.marketing.copies import commands as copies
from services.marketing.copies.domain import TicketEvent
from services.marketing.flows import commands as flows
from services.marketing.segments import commands as segments
from services.marketing.sending import commands as sending
from services.marketing.subscriptions import follow_ups as hears
from shared.engine.event import Event
from shared.engine.transaction import Transaction
from shared.events.disputes import DisputeClosed, DisputeRaised
from shared.events.tickets import (
    TicketOpened,
    TicketReopened,
    TicketResolved,
    TicketStatusChanged,
)

log = structlog.get_logger()


@hears.topic("crm.tickets")
async def follow_tickets(
    events: Sequence[
        Event[TicketOpened | TicketStatusChanged | TicketResolved | TicketReopened | DisputeRaised | DisputeClosed]
    ],
    tx: Transaction,
) -> None:
    """When a ticket was opened and when it was met, and what is disputed; support's words stay with support."""
    disputes = [
        cast("Event[DisputeRaised | DisputeClosed]", event)
        for event in events
        if isinstance(event.data, DisputeRaised | DisputeClosed)
    ]
    changes = [cast("Event[TicketEvent]", event) for event in events if isinstance(event.data, TicketEvent)]
    await segments.note_events(tx, changes, {"ticket_open"})
    await copies.copy_ticket_changes(tx, changes)
    await copies.copy_disputes(tx, disputes)
    await sending.drop(tx, await flows.follow_events(tx, changes))
    log.info("tickets_followed", changes=len(changes), disputes=len(disputes))
