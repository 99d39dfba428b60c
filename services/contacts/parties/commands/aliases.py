"""Parties that are one under several ids."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from services.contacts.parties import store
from services.contacts.parties.commands import describe, lock_parties, save
from services.contacts.parties.commands.admitted import Admitted
from services.contacts.parties.commands.mention import Mention
from services.contacts.parties.domain.party import Party
from services.contacts.parties.domain.resolution import Assignment, Resolution
from shared.engine.transaction import Transaction
from shared.errors import Transient
from shared.events.ingest import ReportedParty
from shared.events.parties import PartyDescribed


async def find_family(tx: Transaction, party_id: UUID) -> list[UUID]:
    """The party that this one goes on as, and all that were merged into it; empty where there is no such party."""
    return await store.find_family(tx, party_id)


async def find_family_at(tx: Transaction, party_id: UUID, at: datetime) -> list[UUID]:
    """The same as it was known at a time; empty where there was no such party yet."""
    return await store.find_family_at(tx, party_id, at)


async def lock_family(tx: Transaction, party_id: UUID) -> list[Party]:
    """The same as parties that live, locked. Raises Transient where somebody merged or erased one of them meanwhile."""
    ids = await store.find_family(tx, party_id)
    known = await lock_parties(tx, ids)
    if len(known) < len(ids) or await store.find_family(tx, party_id) != ids:
        raise Transient("somebody merged or erased one of these parties meanwhile")
    return [known[id_] for id_ in ids]


async def find_survivors(tx: Transaction, party_ids: Collection[UUID]) -> dict[UUID, UUID]:
    """As which party each of these goes on."""
    return await store.find_survivors(tx, party_ids) if party_ids else {}


async def find_shared_between(tx: Transaction, one: UUID, other: UUID) -> list[UUID]:
    """The identities that both of two parties carry."""
    return await store.find_shared_between(tx, one, other)


async def are_one(tx: Transaction, one: UUID, other: UUID) -> bool:
    return other in await store.find_family(tx, one)


async def describe_anew(tx: Transaction, changes: Sequence[tuple[Party, Collection[str]]]) -> PartyDescribed:
    """Give locked parties a new version, emit what they are now and save them; the description of the first."""
    mention = Mention((), ReportedParty(), tx.now, tx.now, None)
    resolution = Resolution([Assignment(party.id, None, None) for party, _ in changes])
    admitted = Admitted([mention] * len(changes), resolution, {party.id: party for party, _ in changes})
    for place, (party, fields) in enumerate(changes):
        party.version += 1
        admitted.change(place, set(fields))
    description, *_ = await describe(tx, admitted)
    await save(tx, admitted)
    return description
