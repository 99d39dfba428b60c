"""What marketing learns from crm.contacts: consent."""

from collections.abc import Sequence

import structlog

from services.marketing import store
from services.marketing.domain.decision import Consent
from services.marketing.subscriptions import follow_ups as hears
from shared.engine.event import Event
from shared.engine.transaction import Transaction
from shared.events.contacts import ConsentGiven, ConsentWithdrawn

log = structlog.get_logger()


@hears.topic("crm.contacts")
async def keep_consents(events: Sequence[Event[ConsentGiven | ConsentWithdrawn]], tx: Transaction) -> None:
    """Every consent that was given or withdrawn is kept; which one holds is decided when a message is due."""
    consents = [(event.data.party_id, _consent(event)) for event in events]
    await store.save_consents(tx, consents)
    log.info("consents_kept", consents=len(consents))


def _consent(event: Event[ConsentGiven | ConsentWithdrawn]) -> Consent:
    data = event.data
    return Consent(
        event.id,
        data.purpose,
        data.topic,
        data.channel,
        isinstance(data, ConsentGiven),
        event.time,
        data.recorded_at,
    )
