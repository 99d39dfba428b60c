"""What is said of a party that marketing has forgotten."""

from collections.abc import Mapping

from services.marketing.copies.domain import Erasure
from shared.engine.event import Emission
from shared.events.campaigns import ErasureConfirmed
from shared.events.erasure import counted


def announce_forgotten(erasure: Erasure, forgotten: Mapping[str, int]) -> Emission:
    event = erasure.event
    said = ErasureConfirmed(party_id=erasure.party_id, forgotten=counted(forgotten), recorded_at=event.now)
    return Emission(said, event.now, event, partition=event.partition)
