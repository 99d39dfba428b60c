"""Forgets who parties are; that they were, and what they did, stays under their ids."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from services.contacts.parties import store
from services.contacts.parties.commands.digests import remember
from services.contacts.parties.commands.moving import describe_heirs
from services.contacts.parties.domain.identity import Claim, Home
from services.contacts.parties.domain.party import Party
from shared.engine.partitions import partition_of
from shared.engine.transaction import Transaction
from shared.errors import Transient

REMEMBERED = timedelta(days=30)
"""So long an older fact is known again, by digests of identities."""


@dataclass(frozen=True, slots=True)
class Gone:
    """The parties that were erased, as they were, and the rows of each table that were emptied or removed; `heirs` got
    identities of theirs, `freed` are those that are nobody's.
    """

    parties: list[Party]
    rows: Mapping[str, int]
    heirs: list[Party]
    freed: Mapping[Claim, Home] = field(default_factory=dict)


async def forget(tx: Transaction, party_id: UUID) -> Gone:
    """Forget a party and all that were merged into it. An identity that others carry is the first of those's then."""
    family = await store.find_aliases(tx, party_id)
    gone = await _empty(tx, family)
    if await store.find_aliases(tx, party_id) != family:
        raise Transient("somebody merged another party into it meanwhile")
    return gone


async def take_back(tx: Transaction, told: Mapping[UUID, tuple[int, datetime]]) -> None:
    """After a restore: these parties are erased, in this version and since then, also ones that the backup does not
    know, so that no fact that comes again brings them back. `empty_taken_back` takes away who they were.
    """
    rows = [(party_id, partition_of(str(party_id)), *each) for party_id, each in sorted(told.items())]
    if rows:
        await store.mark_erased(tx, rows)


async def empty_taken_back(tx: Transaction) -> Gone:
    """Once every topic was read, since what was told before an erasure may stand behind it. Who came again since and is
    described with an identity of an erased party gets it.
    """
    marked = await store.find_marked(tx)
    if not marked:
        return Gone([], {}, [])
    gone = await _empty(tx, marked, again=True)
    since = min(party.erased_at for party in gone.parties if party.erased_at is not None)
    if described := await store.find_described(tx, gone.freed, since):
        await store.add_identities(tx, described)
    return gone


async def forget_digests(tx: Transaction, now: datetime) -> None:
    """What was remembered of identities long enough."""
    await store.forget_digests(tx, now - REMEMBERED)


async def _empty(tx: Transaction, family: Sequence[UUID], *, again: bool = False) -> Gone:
    """`again`: also those that count as erased."""
    carried = await store.load_identities(tx, family)
    own = await store.lock_identities(
        tx, {each.id for identities in carried.values() for each in identities if not each.shared}
    )
    heirs = await _heirs(tx, own, family)
    known = await store.lock_parties(tx, {*family, *heirs.values()})
    if await store.load_identities(tx, family) != carried:
        raise Transient("somebody gave the party another identity meanwhile")
    going = [known[id_] for id_ in family if id_ in known and (again or known[id_].erased_at is None)]
    freed = {claim: home for claim, home in own.items() if home.identity_id not in heirs}
    await remember(tx, freed, {party.id: party.erased_at or tx.now for party in going})
    for identity_id, heir in heirs.items():
        await store.move_identities(tx, [identity_id], heir)
    rows = await store.forget_parties(tx, [party.id for party in going], tx.now)
    inheriting = [known[heir] for heir in sorted(set(heirs.values()))]
    await describe_heirs(tx, inheriting)
    return Gone(going, rows, inheriting, freed)


async def _heirs(tx: Transaction, own: Mapping[Claim, Home], family: Iterable[UUID]) -> dict[UUID, UUID]:
    """By identity, the first of the others who carry it too."""
    gone, found = set(family), dict[UUID, UUID]()
    carriers = await store.find_carriers(tx, sorted(home.identity_id for home in own.values())) if own else {}
    for identity_id, party_ids in carriers.items():
        if others := sorted(set(party_ids) - gone):
            found[identity_id] = others[0]
    return found
