"""What others do with the copies of parties. A party is locked before anything about it is written."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from services.support.copies import store
from services.support.copies.domain import Erasure, Party, Terms, erasures_of, newest
from shared.engine.event import Event, Tombstone
from shared.engine.transaction import Transaction
from shared.events.agreements import AgreementAmended, AgreementLapsed, AgreementSigned, AgreementTerminated
from shared.events.parties import PartyDescribed


async def copy_parties(tx: Transaction, events: Sequence[Event[PartyDescribed | Tombstone]]) -> list[Erasure]:
    """Keep the newest description of each party, and return what the events erase."""
    parties = newest(events)
    known = {party.id: await store.find_party(tx, party.id) for party in parties if party.erased}
    await store.save_parties(tx, parties)
    return erasures_of(events, known) if known else []


async def take_back_erasures(tx: Transaction, ids: Collection[UUID]) -> None:
    """After a restore: parties of which it was told that they are forgotten are, whatever their topic still holds."""
    await store.save_parties(tx, [Party(id_, erased=True) for id_ in sorted(ids)])


OfAgreements = AgreementSigned | AgreementAmended | AgreementLapsed | AgreementTerminated


async def copy_agreements(tx: Transaction, events: Sequence[Event[OfAgreements]]) -> None:
    """Keep what each agreement says of the party's tickets, and when it ends, in whatever order that is told."""
    said = [event.data for event in events]
    await store.save_terms(tx, [each for each in said if isinstance(each, AgreementSigned | AgreementAmended)])
    await store.save_ends(tx, [each for each in said if isinstance(each, AgreementLapsed | AgreementTerminated)])


async def load_terms(tx: Transaction, parties: Collection[UUID], at: datetime) -> dict[UUID, list[Terms]]:
    """The agreements in force of each party, those of all that it was merged with among them, oldest first."""
    return await store.load_terms(tx, parties, at)


async def lock_parties(tx: Transaction, ids: Collection[UUID]) -> set[UUID]:
    """Lock the parties, known or not, and return those that were erased.

    Asked once in a transaction, for all of its parties and before anything else is locked: see the README.
    """
    return await store.lock_parties(tx, ids)


async def lock_free_parties(tx: Transaction, ids: Collection[UUID]) -> set[UUID]:
    """Lock those that nobody else has locked, without waiting for the others, and return them."""
    return await store.lock_free_parties(tx, ids)


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


async def find_party_of_agreement(tx: Transaction, agreement_id: UUID) -> UUID | None:
    """Whose agreement it is, whether it is in force or not."""
    return await store.find_party_of_agreement(tx, agreement_id)


async def find_managed_parties(tx: Transaction, manager: str, at: datetime) -> set[UUID]:
    """Those whose relationship manager somebody is by an agreement in force, and all that they were merged with."""
    managed = await store.find_managed_parties(tx, manager, at)
    families = await store.load_families(tx, managed) if managed else {}
    return {*managed, *(each for family in families.values() for each in family)}
