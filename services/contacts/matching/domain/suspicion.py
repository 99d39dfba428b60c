"""What is said of two parties that may be the same."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from services.contacts.parties.domain.resolution import Suspicion
from shared.events.contacts import DuplicateDismissed, DuplicateSuspected


def announce_suspicion(suspicion: Suspicion, now: datetime) -> list[DuplicateSuspected]:
    """An event about two parties is a record for each, the one that the fact went to first."""
    pair = (suspicion.party_id, suspicion.other_id)
    return [
        DuplicateSuspected(party_id=one, other_party_ids=[other], reason=suspicion.reason, recorded_at=now)
        for one, other in (pair, pair[::-1])
    ]


def announce_dismissal(pair: Sequence[UUID], now: datetime) -> list[DuplicateDismissed]:
    """A record for each of the two."""
    low, high = pair
    return [
        DuplicateDismissed(party_id=one, other_party_ids=[other], recorded_at=now)
        for one, other in ((low, high), (high, low))
    ]
