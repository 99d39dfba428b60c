"""What is said of a party that was erased."""

from shared.engine.event import Emission, Event
from shared.events.erased import PartyErased
from shared.events.erasure import counted
from shared.events.insights import ErasureConfirmed


def announce_forgotten(event: Event[PartyErased], facts: int) -> Emission:
    gone = counted({"fraud_fact": facts}) if facts else []
    said = ErasureConfirmed(party_id=event.data.party_id, forgotten=gone, recorded_at=event.now)
    return Emission(said, event.now, event, partition=event.partition)
