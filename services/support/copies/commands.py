"""What others do with the copies of parties. A party is locked before anything about it is written."""

from collections.abc import Collection, Sequence
from uuid import UUID

from services.support.copies import store
from services.support.copies.domain import Erasure, Party, erasures_of, newest
from shared.engine.event import Event, Tombstone
from shared.engine.transaction import Transaction
from shared.events.parties import PartyDescribed


async def copy_parties(tx: Transaction, events: Sequence[Event[PartyDescribed | Tombstone]]) -> list[Erasure]:
    """Keep the newest description of each party, and return what the events erase."""
    parties = newest(events)
    known = {party.id: await store.find_party(tx, party.id) for party in parties if party.erased}
    await store.save_parties(tx, parties)
    return erasures_of(events, known) if known else []


async def lock_parties(tx: Transaction, ids: Collection[UUID]) -> set[UUID]:
    """Lock the parties, known or not, and return those that were erased."""
    await store.add_parties(tx, ids)
    return await store.lock_parties(tx, ids)


async def load_families(tx: Transaction, ids: Collection[UUID]) -> dict[UUID, list[UUID]]:
    """Of parties that were merged, or into which others were, all that are one with them."""
    return await store.load_families(tx, ids)


async def lock_party(tx: Transaction, party_id: UUID) -> bool:
    """Lock a party that is known; whether it was erased."""
    return bool(await store.lock_parties(tx, [party_id]))


async def find_party(tx: Transaction, party_id: UUID) -> Party | None:
    return await store.find_party(tx, party_id)


async def find_merged_parties(tx: Transaction, party_id: UUID) -> list[UUID]:
    """The party, those that were merged into the same survivor, and the survivor."""
    return await store.find_merged_parties(tx, party_id)
