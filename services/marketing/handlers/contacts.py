"""What marketing learns from crm.contacts: consent."""

from collections.abc import Sequence

import structlog

from services.marketing.copies import commands as copies
from services.marketing.subscriptions import follow_ups as hears
from shared.engine.event import Event
from shared.engine.transaction import Transaction
from shared.events.contacts import ConsentGiven, ConsentWithdrawn

log = structlog.get_logger()


@hears.topic("crm.contacts")
async def copy_consents(events: Sequence[Event[ConsentGiven | ConsentWithdrawn]], tx: Transaction) -> None:
    """Every consent that was given or withdrawn is kept; which one holds is decided when a message is due."""
    await copies.copy_consents(tx, events)
    log.info("consents_copied", consents=len(events))
