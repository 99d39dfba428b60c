"""Finds the homes of identities, and gives them one."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from services.contacts.parties import store
from services.contacts.parties.domain.identity import Claim, Home
from services.contacts.parties.domain.party import Party
from services.contacts.parties.domain.resolution import NewId, Resolution, may_join, questioned, resolve
from services.contacts.settings import Context
from shared.engine.transaction import Transaction
from shared.errors import NoIdentity, Transient
from shared.ids import new_id

_ATTEMPTS = 10


class Given(NamedTuple):
    """What became of identities that a party was to be given: those that are new, and all that are its own.

    `other_id` is another party that has one of them, `surplus` one that the party has no room for.
    """

    added: dict[Claim, Home]
    own: dict[Claim, Home]
    other_id: UUID | None
    surplus: Claim | None


async def find_homes(
    tx: Transaction, facts: Iterable[Sequence[Claim]], *, expect_new: bool
) -> tuple[dict[Claim, Home], dict[UUID, Party]]:
    """The homes of known claims, and, if all are known, their parties, locked."""
    if expect_new:
        return {}, {}
    claims = list(dict.fromkeys(claim for claims in facts for claim in claims))
    named = {claim: UUID(claim.value) for claim in claims if claim.type == "party"}
    homes, parties = await store.find_homes(tx, [claim for claim in claims if claim not in named] if named else claims)
    if named:
        known = await store.find_parties(tx, named.values())
        homes.update({claim: Home(party_id, party_id) for claim, party_id in named.items() if party_id in known})
    return homes, parties


def without_unknown_ids(claims: tuple[Claim, ...], homes: Mapping[Claim, Home]) -> tuple[Claim, ...]:
    """Without party ids that nobody has. Raises NoIdentity where nothing is left."""
    if not claims or claims[0].type != "party":
        return claims
    left = tuple(claim for claim in claims if claim.type != "party" or claim in homes)
    if not left:
        raise NoIdentity("no party has this id")
    return left


async def resolve_identities(
    tx: Transaction,
    facts: Sequence[tuple[Claim, ...]],
    homes: dict[Claim, Home],
    new_id: NewId,
    wide: Collection[int],
) -> Resolution:
    """Resolve, and write the identities that are new; again from the beginning where another transaction was first."""
    context: Context = tx.context
    for _ in range(_ATTEMPTS):
        owned = await load_claims(tx, questioned(facts, homes))
        resolution = resolve(facts, homes, owned, new_id, context.policy, wide)
        if not resolution.added:
            return resolution
        added = await store.add_identities(tx, resolution.added)
        taken = [claim for claim, home in resolution.added.items() if home.identity_id not in added]
        if not taken and not await _got_stronger(tx, resolution, owned):
            return resolution
        # What others wrote meanwhile decides about the rest.
        await store.forget_identities(tx, added)
        homes.update((await store.find_homes(tx, taken))[0] if taken else {})
    raise Transient("others are changing the same identities")


async def load_claims(tx: Transaction, party_ids: Collection[UUID]) -> dict[UUID, set[Claim]]:
    if not party_ids:
        return {}
    identities = await store.load_identities(tx, party_ids)
    return {
        party_id: {Claim(each.type, each.system or "", each.value) for each in identities.get(party_id, ())}
        for party_id in party_ids
    }


async def _got_stronger(tx: Transaction, resolution: Resolution, owned: Mapping[UUID, set[Claim]]) -> bool:
    """Whether a party that got a fact because it had no stronger identity has got another one meanwhile."""
    if not resolution.by_absence:
        return False
    await store.lock_parties(tx, resolution.by_absence)
    now = await load_claims(tx, resolution.by_absence)
    return any(
        claim.type != "anonymous" and claim not in owned[party_id] and claim not in resolution.added
        for party_id, claims in now.items()
        for claim in claims
    )


async def is_known_by_identity(tx: Transaction, party_id: UUID) -> bool:
    return bool(await store.load_identities(tx, [party_id]))


async def add_identities(tx: Transaction, party_id: UUID, claims: Sequence[Claim]) -> Given:
    """Give the party those identities that nobody has. Identities are locked before their party, so call this first."""
    if not claims:
        return Given({}, {}, None, None)
    context: Context = tx.context
    homes, _ = await store.find_homes(tx, claims)
    carried = (await load_claims(tx, [party_id]))[party_id]
    new: dict[Claim, Home] = {}
    for claim in claims:
        if claim not in homes and may_join(claim, carried | new.keys(), context.policy):
            new[claim] = Home(party_id, new_id())
    ids = await store.add_identities(tx, new) if new else set()
    added = {claim: home for claim, home in new.items() if home.identity_id in ids}
    missing = [claim for claim in claims if claim not in homes and claim not in added]
    homes.update(added)
    homes.update((await store.find_homes(tx, missing))[0] if missing else {})
    return Given(
        added,
        {claim: home for claim, home in homes.items() if home.party_id == party_id},
        next((home.party_id for home in homes.values() if home.party_id != party_id), None),
        next((claim for claim in missing if claim not in homes), None),
    )


async def forget_identities(tx: Transaction, added: Mapping[Claim, Home]) -> None:
    """Take back identities that this transaction added."""
    await store.forget_identities(tx, [home.identity_id for home in added.values()])
