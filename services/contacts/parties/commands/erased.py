"""Knows facts again that are older than the erasure of whom they are about."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from services.contacts.parties import store
from services.contacts.parties.commands.digests import remember
from services.contacts.parties.commands.mention import Mention
from services.contacts.parties.domain.erasure import Named, Past, digest_of, past_of
from services.contacts.parties.domain.identity import Claim, Home
from services.contacts.parties.domain.party import Party
from services.contacts.parties.domain.resolution import Resolution
from shared.engine.transaction import Transaction
from shared.errors import NotFound, Refused, Transient
from shared.events.ingest import ReportedParty


class Erased(Refused):
    """Who the party was is forgotten."""

    status = 410
    reason = "erased"


async def without_past(
    tx: Transaction, mentions: Sequence[Mention], homes: dict[Claim, Home]
) -> tuple[Sequence[Mention], set[UUID]]:
    """What is older than an erasure, or changes a sale that is, states nothing of anybody: it is the erased party's,
    under its id, which are the second part. What concerns every carrier still concerns the others.
    """
    facts = [
        Named(place, each.claims, each.time, each.owner_id)
        for place, each in enumerate(mentions)
        if each.cause is not None
    ]
    found = await _find_past(tx, facts, homes)
    if not found:
        return mentions, set()
    return _stating_nothing(mentions, found, homes), {past.party_id for past in found.values()}


async def without_founders(
    tx: Transaction, mentions: Sequence[Mention], homes: dict[Claim, Home], resolution: Resolution
) -> tuple[Sequence[Mention], set[UUID]] | None:
    """After a restore a fact comes again that had founded somebody who was erased since, of whom the backup knows
    nothing. The same as `without_past` of these facts, and of the older ones by the same identities; None where there
    are none. What the resolution wrote of them is taken back, and known again by digests.
    """
    causes = {party_id for party_id, place in resolution.founded.items() if mentions[place].cause is not None}
    erased_at = await store.find_erased_at(tx, causes) if causes else {}
    if not erased_at:
        return None
    founders = {party_id: mentions[resolution.founded[party_id]] for party_id in erased_at}
    await store.forget_identities(tx, [home.identity_id for home in resolution.added.values()])
    own = {claim: home for claim, home in resolution.added.items() if home.party_id in erased_at}
    await remember(tx, own, erased_at)
    found = {
        place: Past(assigned.party_id, tuple(claim for claim in mentions[place].claims if claim in homes))
        for place, assigned in enumerate(resolution.assigned)
        if (at := erased_at.get(assigned.party_id)) is not None
        and (mentions[place] is founders[assigned.party_id] or mentions[place].time <= at)
    }
    return _stating_nothing(mentions, found, homes), set(erased_at)


def _stating_nothing(
    mentions: Sequence[Mention], found: Mapping[int, Past], homes: dict[Claim, Home]
) -> Sequence[Mention]:
    """The mentions, those that were found as facts of the past of an erased party, which has its id for its home."""
    changed = list(mentions)
    for place, past in found.items():
        itself = Claim("party", "", str(past.party_id))
        homes[itself] = Home(past.party_id, past.party_id)
        claims = past.left if past.left and mentions[place].for_carriers else (itself,)
        changed[place] = replace(
            mentions[place], claims=claims, reported=ReportedParty(), primary=(), flagged=(), overwrites=False
        )
    return changed


def require_living(known: Mapping[UUID, Party], party_ids: Iterable[UUID]) -> None:
    """An identity that was found, and whose party was erased before it could be locked, names nobody any more."""
    if any(known[party_id].erased_at is not None for party_id in party_ids):
        raise Transient("a party was erased meanwhile")


async def _find_past(tx: Transaction, facts: Sequence[Named], homes: Mapping[Claim, Home]) -> dict[int, Past]:
    """By place, the facts that are older than the erasure of somebody whom they name, or change a sale of theirs.

    Asks for unknown claims alone, and of whose a sale is not: they may be somebody's who came again after the erasure.
    """
    unknown = {
        claim
        for fact in facts
        for claim in fact.claims
        if claim.type != "party" and (claim not in homes or fact.owner_id not in {None, homes[claim].party_id})
    }
    key = await store.load_digest_key(tx) if unknown else None
    if key is None:
        return {}
    digests = {digest_of(claim, key): claim for claim in unknown}
    found = await store.find_digests(tx, digests)
    return past_of(facts, {digests[digest]: each for digest, each in found.items()}, homes) if found else {}


async def find_erased(tx: Transaction, claims: Sequence[Claim]) -> set[UUID]:
    """The erased parties that were known by one of these."""
    key = await store.load_digest_key(tx) if claims else None
    if key is None:
        return set()
    found = await store.find_digests(tx, [digest_of(claim, key) for claim in claims])
    return {party_id for party_id, _ in found.values()}


async def is_erased(tx: Transaction, party_id: UUID) -> bool:
    return await store.was_erased(tx, party_id)


async def require(tx: Transaction, party_id: UUID) -> None:
    """Raises NotFound where no party has this id, and Erased where one had it."""
    if await store.find_parties(tx, [party_id]):
        return
    if await store.was_erased(tx, party_id):
        raise Erased("the party was erased; its history stays, under its id")
    raise NotFound("no party has this id")
