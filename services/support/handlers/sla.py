"""What is promised of tickets, and how it stands."""

from collections.abc import Sequence

import structlog

from services.support.sla import commands as sla
from services.support.subscriptions import sla as hears
from shared.engine.event import Event
from shared.engine.subscription import Due
from shared.engine.transaction import Transaction
from shared.events.tickets import TicketReplied, TicketStatusChanged, TicketTriaged

log = structlog.get_logger()


@hears.topic("crm.tickets")
async def follow_tickets(
    events: Sequence[Event[TicketTriaged | TicketReplied | TicketStatusChanged]], tx: Transaction
) -> None:
    """Clocks begin once the priority is known, and are told of whenever something moves them."""
    told = await sla.follow(tx, {event.data.ticket_id for event in events}, events[-1].now)
    log.info("tickets_followed", events=len(events), told=told)


@hears.timer(sla.TIMER)
async def tell_clocks(due: Sequence[Due], tx: Transaction) -> None:
    """Warnings and breaches, when their time has come on the stream's clock."""
    for now in sorted({timer.now for timer in due}):
        await sla.follow(tx, {timer.id for timer in due if timer.now == now}, now)
