"""Requests for help: each becomes a ticket, or joins the one that it continues."""

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
async def take_requests(events: Sequence[Event[SupportRequested]], tx: Transaction) -> None:
    """The text stays in support's tables; the topic learns that there is one."""
    asking = {event.data.party_id for event in events}
    families = await copies.load_families(tx, asking)
    erased = await copies.lock_parties(tx, sorted(asking.union(*families.values())))
    taken = await tickets.take_requests(tx, events, families, erased)
    log.info("requests_taken", requests=len(events), taken=len(taken))
