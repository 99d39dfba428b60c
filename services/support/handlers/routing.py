"""Who answers for tickets."""

from collections.abc import Sequence

import structlog

from services.support.copies import commands as copies
from services.support.routing.commands import assignments as routing, attendance
from services.support.subscriptions import routing as hears, sla as clocked
from shared.engine.event import Event
from shared.engine.subscription import Due
from shared.engine.transaction import Transaction
from shared.events.tickets import SlaBreached, SlaWarned, TicketStatusChanged, TicketTriaged

log = structlog.get_logger()


@hears.topic("crm.tickets")
async def route_tickets(
    events: Sequence[Event[TicketTriaged | TicketStatusChanged | SlaWarned | SlaBreached]], tx: Transaction
) -> None:
    """Tickets are given out once it is known what they need; one that is late, or soon is, comes first."""
    await copies.lock_parties(tx, sorted({event.data.party_id for event in events}))
    latest = {event.data.ticket_id: event for event in events}
    escalated = {event.data.ticket_id for event in events if isinstance(event.data, SlaWarned | SlaBreached)}
    given = await routing.follow(tx, {id_: event.now for id_, event in latest.items()}, escalated, latest)
    log.info("tickets_routed", events=len(events), given=given)


# Of support's groups that follow tickets, this one hears a topic that carries the clock.
@clocked.timer(routing.TIMER, locks_first=attendance.lock_first)
async def attend_agents(due: Sequence[Due], tx: Transaction) -> None:
    """Shifts that begin and end, agents who come and go, and tickets that make room for others."""
    moved = await attendance.attend(tx, {timer.id for timer in due}, max(timer.now for timer in due))
    log.info("agents_attended", due=len(due), moved=moved)
