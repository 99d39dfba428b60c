"""What is said of a party that support has forgotten."""

from collections.abc import Mapping

from services.support.copies.domain import Erasure
from shared.engine.event import Emission
from shared.events.erasure import counted
from shared.events.tickets import ErasureConfirmed


def announce_forgotten(erasure: Erasure, forgotten: Mapping[str, int]) -> Emission:
    event = erasure.event
    said = ErasureConfirmed(party_id=erasure.party_id, forgotten=counted(forgotten), recorded_at=event.now)
    return Emission(said, event.now, event, partition=event.partition)
