"""Gives identities of one party to another: what people of the company do where a rule was wrong."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from uuid import UUID

from services.contacts.parties import store
from services.contacts.parties.commands import describe, lock_parties, save
from services.contacts.parties.commands.admitted import Admitted
from services.contacts.parties.commands.identities import load_claims
from services.contacts.parties.commands.mention import Mention
from services.contacts.parties.domain.identity import Claim, Home
from services.contacts.parties.domain.party import Party
from services.contacts.parties.domain.resolution import Assignment, Resolution, may_join
from services.contacts.settings import Context
from shared.engine.partitions import partition_of
from shared.engine.transaction import Transaction
from shared.errors import Invalid, NotFound, Refused, Stale
from shared.events.ingest import ReportedParty
from shared.http.versions import Versions
from shared.ids import new_id


class Moved(Refused):
    """An identity is no longer where it would be taken from."""

    status = 409
    reason = "moved_on"


@dataclass(frozen=True, slots=True)
class Both:
    """The party that gave identities, and the one that got them, as they are described now."""

    source: Party
    target: Party


async def move_identities(
    tx: Transaction, ids: Collection[UUID], source_id: UUID, target_id: UUID | None, versions: Versions = None
) -> Both:
    """Give these identities of one party to another, or to a new one, and describe both.

    Raises NotFound where there is no such party, Moved where the source has not got them, Stale where it is of none of
    `versions`, and Invalid where the target has no room, or a new one would leave nothing behind.
    """
    homes = await store.lock_identities(tx, ids)
    parties = await lock_parties(tx, [each for each in (source_id, target_id) if each is not None])
    source = parties.get(source_id)
    if source is None:
        raise NotFound("no party has this id")
    if versions is not None and source.version not in versions:
        raise Stale("the party has changed; read it again", field="If-Match", state={"version": source.version})
    if len(homes) < len(ids) or any(home.party_id != source_id for home in homes.values()):
        raise Moved("the party has not got each of these identities for its own")
    target = await _target(tx, source, homes, parties.get(target_id) if target_id else None, is_new=target_id is None)
    try:
        await store.move_identities(tx, ids, target.id)
    except store.Rival:
        raise Invalid("the party has just got another id of this system", field="body.to") from None
    for party in (source, target):
        party.primary = {kind: each for kind, each in party.primary.items() if each.identity_id not in ids}
    await _describe(tx, source, target, homes, is_new=target_id is None)
    return Both(source, target)


async def give_back(tx: Transaction, homes: Mapping[UUID, UUID]) -> None:
    """After a restore: these identities are of these parties, whatever the backup says."""
    for party_id in sorted(set(homes.values())):
        await store.move_identities(tx, [each for each, home in homes.items() if home == party_id], party_id)


async def _target(
    tx: Transaction, source: Party, homes: dict[Claim, Home], target: Party | None, *, is_new: bool
) -> Party:
    if is_new:
        own = await store.load_identities(tx, [source.id])
        if len(homes) >= sum(not each.shared for each in own.get(source.id, ())):
            raise Invalid("a party that is split keeps an identity", field="body.identities")
        party_id = new_id()
        return Party(id=party_id, partition=partition_of(str(party_id)), kind=source.kind, registered_at=tx.now)
    if target is None:
        raise NotFound("no party has the id that is to get the identity", field="body.to")
    context: Context = tx.context
    carried = (await load_claims(tx, [target.id]))[target.id]
    for claim in homes:
        if not may_join(claim, carried, context.policy):
            raise Invalid(f"the party has no room for another {claim.type} identity", field="body.to")
        carried.add(claim)
    return target


async def _describe(tx: Transaction, source: Party, target: Party, homes: dict[Claim, Home], *, is_new: bool) -> None:
    """Emit what both are now."""
    mention = Mention((), ReportedParty(), tx.now, tx.now, None)
    resolution = Resolution([Assignment(party.id, None, None) for party in (source, target)])
    if is_new:
        resolution.founded[target.id] = 1
        resolution.added = {claim: Home(target.id, home.identity_id) for claim, home in homes.items()}
    admitted = Admitted([mention, mention], resolution, {source.id: source, target.id: target})
    await _describe_identities(tx, admitted)


async def describe_heirs(tx: Transaction, heirs: Collection[Party]) -> None:
    """Emit what locked parties are that got identities of another."""
    mention = Mention((), ReportedParty(), tx.now, tx.now, None)
    resolution = Resolution([Assignment(party.id, None, None) for party in heirs])
    await _describe_identities(tx, Admitted([mention] * len(heirs), resolution, {party.id: party for party in heirs}))


async def _describe_identities(tx: Transaction, admitted: Admitted) -> None:
    for place, assigned in enumerate(admitted.resolution.assigned):
        admitted.parties[assigned.party_id].version += 1
        admitted.change(place, {"identities"})
    await describe(tx, admitted)
    await save(tx, admitted)
