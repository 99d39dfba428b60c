"""What was agreed about writing to parties."""

from collections.abc import Sequence

import structlog

from services.marketing.copies import commands as copies
from services.marketing.subscriptions import follow_ups as hears
from shared.engine.event import Event
from shared.engine.transaction import Transaction
from shared.events.agreements import BoundarySet

log = structlog.get_logger()


@hears.topic("crm.agreements")
async def copy_agreements(events: Sequence[Event[BoundarySet]], tx: Transaction) -> None:
    """Each is kept; which one holds is decided when a message is due."""
    await copies.copy_boundaries(tx, events)
    log.info("boundaries_copied", boundaries=len(events))
