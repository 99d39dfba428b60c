"""Keeps and tells of identities that name nobody, and of parties that come near a limit."""

from collections.abc import Iterable, Mapping
from datetime import datetime

import structlog

from services.contacts.parties import store
from services.contacts.parties.domain.identity import Flagged
from services.contacts.parties.domain.resolution import Resolution
from shared.engine.transaction import Transaction
from shared.telemetry import metrics

log = structlog.get_logger()


async def keep_flagged(
    tx: Transaction, resolution: Resolution, written: Mapping[int, Iterable[Flagged]], now: datetime
) -> None:
    """Keep, raw, what names nobody with the party of its fact, each once; `written` is by the places of the facts.

    What a party has no room for is kept the same way. A party that comes near a limit is warned of.
    """
    found = {(resolution.assigned[place].party_id, flagged): now for place, each in written.items() for flagged in each}
    for party_id, claim in resolution.surplus:
        found[party_id, Flagged(claim.type, claim.system, claim.value, "surplus")] = now
    for (party_id, type_), count in resolution.many.items():
        metrics.IDENTITIES_NEAR_LIMIT.labels("contacts").inc()
        log.warning("identities_near_limit", party_id=str(party_id), type=type_, count=count)
    for party_id, flagged in await store.add_flagged(tx, found):
        metrics.IDENTITIES_FLAGGED.labels("contacts", flagged.reason).inc()
        log.warning("identity_flagged", party_id=str(party_id), type=flagged.type, reason=flagged.reason)
