"""What time alone brings to an end."""

from collections.abc import Sequence

import structlog

from services.contacts.consents import commands as consents
from services.contacts.subscriptions import ingest
from shared.engine.subscription import Due
from shared.engine.transaction import Transaction

log = structlog.get_logger()


@ingest.timer(consents.TIMER)
async def expire_consents(due: Sequence[Due], tx: Transaction) -> None:
    """Tell of each consent that still decided that it came to its end."""
    expired = await consents.expire(tx, due)
    log.info("consents_expired", due=len(due), expired=expired)
