"""Tickets, disputes and subtasks whose time has come."""

from collections.abc import Sequence

import structlog

from services.support.disputes import commands as disputes
from services.support.subscriptions import tickets as hears
from services.support.subtasks import commands as subtasks
from services.support.tickets import commands as tickets
from shared.engine.subscription import Due
from shared.engine.transaction import Transaction

log = structlog.get_logger()


@hears.timer(tickets.WAKING, locks_first=tickets.lock_parties_of)
async def wake_tickets(due: Sequence[Due], tx: Transaction) -> None:
    """Tickets that waited until now are open again."""
    log.info("tickets_woken", due=len(due), woken=await tickets.wake_tickets(tx, due))


@hears.timer(disputes.TIMER, locks_first=disputes.lock_parties_of)
async def tell_deadlines(due: Sequence[Due], tx: Transaction) -> None:
    """Disputes whose deadline has passed on the stream's clock."""
    log.info("deadlines_looked_at", due=len(due), overdue=await disputes.tell_overdue(tx, due))


@hears.timer(subtasks.TIMER, locks_first=subtasks.lock_parties_of)
async def tell_subtasks(due: Sequence[Due], tx: Transaction) -> None:
    """Subtasks whose time has passed on the stream's clock while they are open."""
    log.info("subtasks_looked_at", due=len(due), overdue=await subtasks.tell_overdue(tx, due))
