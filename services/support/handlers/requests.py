"""What support learns from requests for help: each becomes a ticket."""

from collections.abc import Sequence

import structlog

from services.support import store
from services.support.domain import opening
from services.support.subscriptions import tickets as hears
from shared.engine.event import Event
from shared.engine.transaction import Transaction
from shared.events.requests import SupportRequested

log = structlog.get_logger()


@hears.topic("crm.requests")
async def open_tickets(events: Sequence[Event[SupportRequested]], tx: Transaction) -> None:
    """Open a ticket per request. The text stays in support's tables; the topic learns that there is one."""
    erased = await store.lock_parties(tx, {event.data.party_id for event in events})
    threads = await store.load_threads(tx, [thread for event in events for thread in opening.threads_of(event.data)])
    numbers = await store.draw_numbers(tx, len(events))
    openings = opening.open_tickets(events, numbers, threads, erased)

    added = await store.add_tickets(tx, openings)
    tx.emit([opening.announce(each) for each in openings if each.id in added])
    log.info("tickets_opened", requests=len(events), tickets=len(added))
