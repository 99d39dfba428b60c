"""Whether a party waits for an answer: for campaigns that then keep silent."""

from collections.abc import Sequence

import structlog

from services.marketing import store
from services.marketing.domain.decision import TicketChange
from services.marketing.subscriptions import follow_ups as hears
from shared.engine.event import Event
from shared.engine.transaction import Transaction
from shared.events.tickets import TicketOpened, TicketReopened, TicketResolved, TicketStatusChanged

log = structlog.get_logger()
_ENDED = ("resolved", "closed")


@hears.topic("crm.tickets")
async def keep_ticket_changes(
    events: Sequence[Event[TicketOpened | TicketStatusChanged | TicketResolved | TicketReopened]], tx: Transaction
) -> None:
    """When a ticket was opened and when it was met; support's words stay with support."""
    changes = [
        (event.data.party_id, TicketChange(event.id, event.data.ticket_id, _is_open(event.data), event.time))
        for event in events
    ]
    await store.save_ticket_changes(tx, changes)
    log.info("ticket_changes_kept", changes=len(changes))


def _is_open(data: TicketOpened | TicketStatusChanged | TicketResolved | TicketReopened) -> bool:
    if isinstance(data, TicketStatusChanged):
        return data.status not in _ENDED
    return not isinstance(data, TicketResolved)
