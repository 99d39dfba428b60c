"""Parties that may be the same."""

from services.contacts.matching import domain, store
from services.contacts.parties.commands import Admitted
from shared.engine.event import Emission
from shared.engine.transaction import Transaction


async def suspect(tx: Transaction, admitted: Admitted) -> None:
    """Emit each pair of parties that one fact named, once for ever; a record for each of the two."""
    suspicions = admitted.resolution.suspicions
    if not suspicions:
        return
    fresh = await store.add_duplicates(tx, suspicions.values(), admitted.mentions[-1].now)
    for pair in sorted(fresh):
        mention = admitted.mentions[suspicions[pair].fact]
        tx.emit(
            Emission(data, mention.time, mention.cause, None, admitted.parties[data.party_id].partition)
            for data in domain.announce_suspicion(suspicions[pair], mention.now)
        )
