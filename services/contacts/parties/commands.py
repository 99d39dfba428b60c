"""Finds or founds the parties that facts and profiles name: one way in for Kafka and HTTP."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from services.contacts.parties import store
from services.contacts.parties.domain import party as rules
from services.contacts.parties.domain.identity import Claim, Home
from services.contacts.parties.domain.party import Party
from services.contacts.parties.domain.resolution import Resolution, resolve
from shared.engine.event import Emission, Event, caused_id
from shared.engine.partitions import partition_of
from shared.engine.transaction import Transaction
from shared.events.ingest import ReportedParty
from shared.events.parties import KnownIdentity, PartyDescribed
from shared.ids import new_id


@dataclass(slots=True)
class Mention:
    """A fact or a person of the company named a party and stated something of it.

    A profile (`overwrites`) replaces what was stated before its `time`; anything else fills what is empty. `now`
    becomes `recorded_at`. `cause` is None over HTTP, where a profile replaces whatever was stated.
    """

    claims: tuple[Claim, ...]
    reported: ReportedParty
    time: datetime
    now: datetime
    origin: str | None
    overwrites: bool = False
    cause: Event[Any] | None = None


@dataclass(slots=True)
class Admitted:
    """The parties of the mentions, locked, with everything folded in that was stated; nothing of them is saved yet.

    `changes` maps parties with a new description to the fields that changed, `causes` to the last mention that changed
    them; `changing` are the places of all mentions that changed something. `described` maps parties to the id of the
    event that registered or updated them, and `unsaved` are those that `save` has to write.
    """

    mentions: Sequence[Mention]
    resolution: Resolution
    parties: dict[UUID, Party]
    changes: dict[UUID, set[str]] = field(default_factory=dict)
    causes: dict[UUID, Mention] = field(default_factory=dict)
    changing: set[int] = field(default_factory=set)
    described: dict[UUID, UUID] = field(default_factory=dict)
    unsaved: set[UUID] = field(default_factory=set)

    def change(self, place: int, fields: set[str]) -> None:
        """The mention at `place` changed these fields of its party."""
        party_id = self.resolution.assigned[place].party_id
        self.changes.setdefault(party_id, set()).update(fields)
        self.causes[party_id] = self.mentions[place]
        self.changing.add(place)
        self.unsaved.add(party_id)


async def admit(tx: Transaction, mentions: Sequence[Mention], *, expect_new: bool = False) -> Admitted:
    """Give every mention its party, and fold what it states into it. Locks identities, then parties, each sorted.

    With `expect_new` no identity is expected to be known, which spares the look-up where that is so.
    """
    resolution, known = await _resolve(tx, mentions, expect_new=expect_new)
    for party_id, index in resolution.founded.items():
        mention = mentions[index]
        known[party_id] = Party(id=party_id, partition=partition_of(str(party_id)), registered_at=mention.now)
    admitted = Admitted(mentions, resolution, known)
    _fold(admitted)
    return admitted


async def describe(tx: Transaction, admitted: Admitted) -> list[PartyDescribed]:
    """Emit of each new and changed party that it was registered or updated, then its description."""
    identities = await _load_identities(tx, admitted)
    descriptions = []
    for party_id, fields in admitted.changes.items():
        party, mention = admitted.parties[party_id], admitted.causes[party_id]
        # With the version, so that a party that comes to another description after a restore says so.
        event_id = caused_id(mention.cause, "changed", party_id, party.version)
        admitted.described[party_id] = event_id
        what = (
            rules.announce_registered(party, mention.now, mention.origin)
            if party_id in admitted.resolution.founded
            else rules.announce_updated(party, fields, mention.now, mention.origin)
        )
        description = rules.describe(party, identities.get(party_id, ()), mention.now)
        tx.emit(
            [
                Emission(what, mention.time, mention.cause, event_id, party.partition),
                Emission(
                    description,
                    mention.time,
                    mention.cause,
                    caused_id(mention.cause, "described", party_id, party.version),
                    party.partition,
                ),
            ]
        )
        descriptions.append(description)
    return descriptions


async def save(tx: Transaction, admitted: Admitted) -> None:
    """Write the parties that are new or changed."""
    await store.save_parties(tx, [admitted.parties[party_id] for party_id in admitted.unsaved])


async def take_back(tx: Transaction, described: Sequence[Event[PartyDescribed]]) -> None:
    """After a restore: the parties as the topic describes them, with everything by which they are found.

    What a description changed counts as stated at its time: older profiles that come again do not undo it.
    """
    known = await store.lock_parties(tx, {event.data.party_id for event in described})
    identities: dict[Claim, Home] = {}
    for event in described:
        data = event.data
        fresh = Party(id=data.party_id, partition=event.partition, registered_at=data.recorded_at)
        rules.take_back(known.setdefault(data.party_id, fresh), data, event.time)
        for each in data.identities:
            if not each.shared:
                identities[Claim(each.type, each.system or "", each.value)] = Home(data.party_id, each.id)
    if identities:
        await store.add_identities(tx, identities)
    await store.save_parties(tx, known.values())


async def lock_party(tx: Transaction, party_id: UUID) -> Party | None:
    """The party, locked until the transaction ends; None where there is none."""
    return (await store.lock_parties(tx, [party_id])).get(party_id)


async def describe_stored(tx: Transaction, party: Party) -> PartyDescribed:
    """The description of a party as it stands, which is not emitted."""
    identities = await store.load_identities(tx, [party.id])
    return rules.describe(party, identities.get(party.id, ()), tx.now)


async def is_known_by_identity(tx: Transaction, party_id: UUID) -> bool:
    return bool(await store.load_identities(tx, [party_id]))


async def add_identities(
    tx: Transaction, party_id: UUID, claims: Sequence[Claim]
) -> tuple[dict[Claim, Home], UUID | None]:
    """Give the party those identities that nobody has, and tell them; or the other party that has one of the claims.

    Identities are locked before their party, so call this before `lock_party`.
    """
    if not claims:
        return {}, None
    homes, _ = await store.find_homes(tx, claims)
    added = {claim: Home(party_id, new_id()) for claim in claims if claim not in homes}
    if added and len(await store.add_identities(tx, added)) < len(added):
        homes.update((await store.find_homes(tx, list(added)))[0])
    others = (home.party_id for home in homes.values() if home.party_id != party_id and home not in added.values())
    return added, next(others, None)


async def forget_identities(tx: Transaction, added: Mapping[Claim, Home]) -> None:
    """Take back identities that this transaction added."""
    await store.forget_identities(tx, [home.identity_id for home in added.values()])


async def _resolve(
    tx: Transaction, mentions: Sequence[Mention], *, expect_new: bool
) -> tuple[Resolution, dict[UUID, Party]]:
    def found(fact: int, what: str) -> UUID:
        return caused_id(mentions[fact].cause, what)

    facts = [mention.claims for mention in mentions]
    claims = list(dict.fromkeys(claim for fact in facts for claim in fact))
    homes, parties = ({}, {}) if expect_new else await store.find_homes(tx, claims)
    resolution = resolve(facts, homes, found)
    if not resolution.added and len(parties) == len(resolution.parties()):
        return resolution, parties
    while resolution.added:
        added = await store.add_identities(tx, resolution.added)
        taken = [claim for claim, home in resolution.added.items() if home.identity_id not in added]
        if not taken:
            break
        # Another transaction was first with some of them: what is theirs decides about the rest, from the beginning.
        await store.forget_identities(tx, added)
        homes.update((await store.find_homes(tx, taken))[0])
        resolution = resolve(facts, homes, found)
    known = resolution.parties()
    return resolution, await store.lock_parties(tx, known) if known else {}


def _fold(admitted: Admitted) -> None:
    """What every mention states, in order; a party that changes gets one new version, however many change it."""
    for place in sorted(admitted.resolution.adding):
        admitted.change(place, {"identities"})
    for place, (mention, assigned) in enumerate(zip(admitted.mentions, admitted.resolution.assigned, strict=True)):
        party = admitted.parties[assigned.party_id]
        if mention.overwrites:
            prevails = mention.cause is None
            fields = rules.submit(party, mention.reported, mention.time, prevails=prevails)
        elif rules.has_news(party, mention.reported):
            fields = rules.fill(party, mention.reported)
        else:
            continue
        if fields:
            admitted.change(place, fields)
    for party_id in admitted.changes:
        admitted.parties[party_id].version += 1


async def _load_identities(tx: Transaction, admitted: Admitted) -> dict[UUID, list[KnownIdentity]]:
    """By changed party; what founded parties are known by has just been added, and need not be read."""
    known = [party_id for party_id in admitted.changes if party_id not in admitted.resolution.founded]
    identities = await store.load_identities(tx, known) if known else {}
    for claim, home in admitted.resolution.added.items():
        if home.party_id in admitted.resolution.founded:
            identity = KnownIdentity(
                id=home.identity_id, type=claim.type, value=claim.value, system=claim.system or None
            )
            identities.setdefault(home.party_id, []).append(identity)
    return identities
