"""Forgets who parties are; that they were, and what they did, stays under their ids."""

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from services.contacts.parties import store
from services.contacts.parties.commands.moving import describe_heirs
from services.contacts.parties.domain.erasure import digest_of
from services.contacts.parties.domain.identity import Claim, Home
from services.contacts.parties.domain.party import Party
from shared.engine.transaction import Transaction
from shared.errors import Transient

REMEMBERED = timedelta(days=30)
"""So long an older fact is known again, by digests of identities."""


@dataclass(frozen=True, slots=True)
class Gone:
    """The parties that were erased, as they were, and the rows of each table that were emptied or removed; `heirs` got
    identities of theirs.
    """

    parties: list[Party]
    rows: Mapping[str, int]
    heirs: list[Party]


async def forget(tx: Transaction, party_id: UUID) -> Gone:
    """Forget a party and all that were merged into it. An identity that others carry is the first of those's then."""
    family = await store.find_aliases(tx, party_id)
    carried = await store.load_identities(tx, family)
    own = await store.lock_identities(
        tx, {each.id for identities in carried.values() for each in identities if not each.shared}
    )
    heirs = await _heirs(tx, own, family)
    known = await store.lock_parties(tx, {*family, *heirs.values()})
    if await store.find_aliases(tx, party_id) != family or await store.load_identities(tx, family) != carried:
        raise Transient("somebody gave the party another identity, or merged another into it, meanwhile")
    living = [party for id_ in family if (party := known.get(id_)) is not None and party.erased_at is None]
    await _remember(tx, {claim: home for claim, home in own.items() if home.identity_id not in heirs})
    for identity_id, heir in heirs.items():
        await store.move_identities(tx, [identity_id], heir)
    rows = await store.forget_parties(tx, [party.id for party in living], tx.now)
    inheriting = [known[heir] for heir in sorted(set(heirs.values()))]
    await describe_heirs(tx, inheriting)
    return Gone(living, rows, inheriting)


async def forget_digests(tx: Transaction, now: datetime) -> None:
    """What was remembered of identities long enough."""
    await store.forget_digests(tx, now - REMEMBERED)


async def _heirs(tx: Transaction, own: Mapping[Claim, Home], family: Iterable[UUID]) -> dict[UUID, UUID]:
    """By identity, the first of the others who carry it too."""
    gone, found = set(family), dict[UUID, UUID]()
    carriers = await store.find_carriers(tx, sorted(home.identity_id for home in own.values())) if own else {}
    for identity_id, party_ids in carriers.items():
        if others := sorted(set(party_ids) - gone):
            found[identity_id] = others[0]
    return found


async def _remember(tx: Transaction, own: Mapping[Claim, Home]) -> None:
    await store.add_digest_key(tx, secrets.token_bytes(32))
    key = await store.load_digest_key(tx)
    assert key is not None  # it has just been written
    await store.add_digests(tx, {digest_of(claim, key): home.party_id for claim, home in own.items()}, tx.now)
