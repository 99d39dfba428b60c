"""What is said of a party that was erased."""

from shared.engine.event import Emission, Event
from shared.events.contacts import PartyErased
from shared.events.insights import ErasureConfirmed


def announce_nothing_held(event: Event[PartyErased]) -> Emission:
    said = ErasureConfirmed(party_id=event.data.party_id, forgotten=[], recorded_at=event.now)
    return Emission(said, event.now, event, partition=event.partition)
