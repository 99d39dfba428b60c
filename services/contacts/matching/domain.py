"""What is said of two parties that may be the same."""

from datetime import datetime

from services.contacts.parties.domain.resolution import Suspicion
from shared.events.contacts import DuplicateSuspected


def announce_suspicion(suspicion: Suspicion, now: datetime) -> list[DuplicateSuspected]:
    """An event about two parties is a record for each, the one that the fact went to first."""
    pair = (suspicion.party_id, suspicion.other_id)
    return [
        DuplicateSuspected(party_id=one, other_party_ids=[other], reason=suspicion.reason, recorded_at=now)
        for one, other in (pair, pair[::-1])
    ]
