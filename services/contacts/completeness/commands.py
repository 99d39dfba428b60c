"""Scores parties by what is known of them, in the transaction that learns it."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from services.contacts.completeness import domain, store
from services.contacts.completeness.domain import Assessment
from services.contacts.parties import commands as parties
from services.contacts.parties.commands.admitted import Admitted
from services.contacts.parties.commands.aliases import find_family
from services.contacts.parties.commands.identities import load_claims
from services.contacts.parties.domain.party import Party
from services.contacts.rounds.commands import Round
from services.contacts.settings import Context
from services.contacts.weights import CompletenessPolicy
from shared.engine.event import Emission, Event, caused_id
from shared.engine.transaction import Transaction
from shared.events.contacts import CompletenessChanged, PartyRegistered


async def score(tx: Transaction, admitted: Admitted, bought: Mapping[UUID, int] | None = None) -> list[Emission]:
    """Of parties that changed, and of those who bought for the first time, by the places of what they bought.

    Returns what is to be emitted: of a party that is registered in this transaction its registration says it.
    """
    bought = bought or {}
    asked = {**dict.fromkeys(admitted.changes), **dict.fromkeys(bought)}
    if not asked:
        return []
    identities = await parties.load_identities(tx, admitted, bought)
    emissions = []
    for party_id in asked:
        party = admitted.parties[party_id]
        if party.erased_at is not None:
            continue
        carried = {each.type for each in identities[party_id]}
        assessment = await _assess(tx, party, carried, has_bought=party_id in bought)
        if not domain.change(party, assessment):
            continue
        admitted.unsaved.add(party_id)
        if party_id not in admitted.resolution.founded:
            mention = admitted.causes.get(party_id) or admitted.mentions[bought[party_id]]
            event_id = caused_id(mention.cause, "completeness", party_id)
            said = domain.announce_completeness(party, mention.now)
            emissions.append(Emission(said, mention.time, mention.cause, event_id, party.partition))
    survivors = {admitted.parties[party_id].merged_into for party_id in asked} - {None, *asked}
    if survivors:
        await rescore(tx, list((await parties.lock_parties(tx, [each for each in survivors if each])).values()))
    return emissions


async def rescore(tx: Transaction, known: Collection[Party]) -> int:
    """Score locked parties anew, save those whose score is another and emit it; returns how many those are."""
    claims = await load_claims(tx, [party.id for party in known])
    changed = []
    for party in known:
        carried = {claim.type for claim in claims[party.id]}
        if party.erased_at is None and domain.change(party, await _assess(tx, party, carried)):
            changed.append(party)
    await parties.save_parties(tx, changed)
    tx.emit(
        Emission(domain.announce_completeness(party, tx.now), tx.now, partition=party.partition) for party in changed
    )
    return len(changed)


async def read(tx: Transaction, party_id: UUID) -> tuple[Party, Assessment] | None:
    """The party that this one goes on as, and what is missing of it now; None where there is none."""
    family = await find_family(tx, party_id)
    party = (await parties.read_parties(tx, family[:1])).get(family[0]) if family else None
    if party is None:
        return None
    carried = {claim.type for claim in (await load_claims(tx, [party.id]))[party.id]}
    return party, await _assess(tx, party, carried)


async def take_back(tx: Transaction, told: Sequence[Event[PartyRegistered | CompletenessChanged]]) -> None:
    """After a restore: the scores as they were told, so that only another one is told again."""
    known = await parties.lock_parties(tx, {event.data.party_id for event in told})
    for event in told:
        party = known.get(event.data.party_id)
        if party is not None and event.data.completeness is not None:
            domain.change(party, Assessment(event.data.completeness, event.data.missing))
    await parties.save_parties(tx, known.values())


async def show_scores(tx: Transaction, events: Sequence[Event[Any]]) -> None:
    """What is missing of parties as these events say it, beside what they bought."""
    standings = domain.fold_standings(events)
    if not standings:
        return
    scores = {party_id: each.assessment for party_id, each in standings.items() if each.assessment is not None}
    await store.save_scores(tx, scores)
    await store.save_gone(tx, {party_id: each.gone for party_id, each in standings.items() if each.gone is not None})
    await store.save_lacking(tx, standings)


async def _assess(tx: Transaction, party: Party, carried: Collection[str], *, has_bought: bool = False) -> Assessment:
    """With what those have that were merged into it."""
    has_bought = has_bought or party.lifecycle.bought_at is not None
    if party.picked:
        family = await find_family(tx, party.id)
        members = (await parties.read_parties(tx, family)).values()
        carried = {claim.type for claims in (await load_claims(tx, family)).values() for claim in claims}
        has_bought = has_bought or any(member.lifecycle.bought_at is not None for member in members)
    return domain.assess(party, carried, _policy(tx), has_bought=has_bought)


def _policy(tx: Transaction) -> CompletenessPolicy:
    context: Context = tx.context
    return context.completeness


ROUND = Round("completeness", lambda context: context.completeness.digest, rescore)
"""Scores all parties."""
