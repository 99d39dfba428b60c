"""Finds or makes the parties that facts, profiles and people of the company name: one way in for Kafka and HTTP."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from services.contacts.domain import party as rules
from services.contacts.domain.identity import Claim
from services.contacts.domain.party import Party
from services.contacts.domain.resolution import Resolution, resolve
from services.contacts.store import parties as store
from shared.engine.event import Emission, Event
from shared.engine.partitions import partition_of
from shared.engine.transaction import Transaction
from shared.events.contacts import DuplicateSuspected, PartyRegistered, PartyUpdated
from shared.events.ingest import ReportedParty
from shared.events.parties import KnownIdentity
from shared.ids import new_id

SHARED_IDENTITIES = "shared_identities"


@dataclass(slots=True)
class Mention:
    """Somebody named a party and said something of it.

    A profile (`overwrites`) replaces what was said before its `time`; anything else fills what is empty. `now` becomes
    `recorded_at`. `cause` is None over HTTP.
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
    """The parties named, locked, with everything folded in that was said; nothing is saved of them yet.

    `changes` maps parties with a new description to the fields that changed, `causes` to the mention that did it, and
    `changers` are the places of all mentions that had news.
    """

    mentions: Sequence[Mention]
    resolution: Resolution
    parties: dict[UUID, Party]
    changes: dict[UUID, set[str]] = field(default_factory=dict)
    causes: dict[UUID, Mention] = field(default_factory=dict)
    changers: set[int] = field(default_factory=set)

    def change(self, place: int, fields: set[str]) -> None:
        """The mention at `place` changed these fields of its party."""
        party_id = self.resolution.used[place].party_id
        self.changes.setdefault(party_id, set()).update(fields)
        self.causes[party_id] = self.mentions[place]
        self.changers.add(place)


async def admit(tx: Transaction, mentions: Sequence[Mention], *, strangers: bool = False) -> Admitted:
    """Give every mention its party, and fold what it says into it. Locks identities, then parties, each sorted.

    With `strangers` nobody is expected to be known, which spares the look-up where that is so.
    """
    resolution, known = await _resolve(tx, [mention.claims for mention in mentions], strangers=strangers)
    for party_id, index in resolution.founded.items():
        mention = mentions[index]
        known[party_id] = Party(id=party_id, partition=partition_of(str(party_id)), registered_at=mention.now)
    admitted = Admitted(mentions, resolution, known)
    _fold(admitted)
    return admitted


async def _resolve(
    tx: Transaction, facts: Sequence[tuple[Claim, ...]], *, strangers: bool
) -> tuple[Resolution, dict[UUID, Party]]:
    claims = list(dict.fromkeys(claim for fact in facts for claim in fact))
    homes, parties = ({}, {}) if strangers else await store.find_homes(tx, claims)
    resolution = resolve(facts, homes, new_id)
    if not resolution.joined and len(parties) == len(resolution.parties()):
        return resolution, parties
    while resolution.joined:
        added = await store.add_identities(tx, resolution.joined)
        taken = [claim for claim, home in resolution.joined.items() if home.identity_id not in added]
        if not taken:
            break
        # Another transaction was first with some of them: what is theirs decides about the rest, from the beginning.
        await store.forget_identities(tx, added)
        homes.update((await store.find_homes(tx, taken))[0])
        resolution = resolve(facts, homes, new_id)
    known = resolution.parties()
    return resolution, await store.lock_parties(tx, known) if known else {}


def _fold(admitted: Admitted) -> None:
    """What every mention says, in order; a party with news gets one new version, however many there are."""
    for place in sorted(admitted.resolution.joiners):
        admitted.change(place, {"identities"})
    for place, (mention, used) in enumerate(zip(admitted.mentions, admitted.resolution.used, strict=True)):
        party = admitted.parties[used.party_id]
        if mention.overwrites:
            fields = rules.submit(party, mention.reported, mention.time)
        elif rules.has_news(party, mention.reported):
            fields = rules.fill(party, mention.reported)
        else:
            continue
        if fields:
            admitted.change(place, fields)
    for party_id in admitted.changes:
        admitted.parties[party_id].version += 1


async def announce(tx: Transaction, admitted: Admitted) -> list[Emission]:
    """What to publish of new and changed parties: registered or updated, then described, then suspected duplicates."""
    known = [party_id for party_id in admitted.changes if party_id not in admitted.resolution.founded]
    identities = await store.load_identities(tx, known) if known else {}
    for claim, home in admitted.resolution.joined.items():
        if home.party_id in admitted.resolution.founded:
            identity = KnownIdentity(
                id=home.identity_id, type=claim.type, value=claim.value, system=claim.system or None
            )
            identities.setdefault(home.party_id, []).append(identity)
    emissions = []
    for party_id, fields in admitted.changes.items():
        party, mention = admitted.parties[party_id], admitted.causes[party_id]
        what = (
            rules.registered(party, mention.now, mention.origin)
            if party_id in admitted.resolution.founded
            else rules.updated(party, fields, mention.now, mention.origin)
        )
        described = rules.describe(party, identities.get(party_id, ()), mention.now)
        emissions.append(Emission(what, mention.time, mention.cause, new_id(), party.partition))
        emissions.append(Emission(described, mention.time, mention.cause, None, party.partition))
    if admitted.resolution.suspicions:
        emissions += await _suspect(tx, admitted)
    return emissions


async def _suspect(tx: Transaction, admitted: Admitted) -> list[Emission]:
    """Each pair once for ever; an event about two parties is a record for each."""
    now = admitted.mentions[-1].now
    fresh = await store.add_duplicates(tx, admitted.resolution.suspicions, SHARED_IDENTITIES, now)
    emissions = []
    for pair in sorted(fresh):
        suspicion = admitted.resolution.suspicions[pair]
        mention = admitted.mentions[suspicion.fact]
        for one, other in (
            (suspicion.party_id, suspicion.other_id),
            (suspicion.other_id, suspicion.party_id),
        ):
            data = DuplicateSuspected(
                party_id=one, other_party_ids=[other], reason=SHARED_IDENTITIES, recorded_at=mention.now
            )
            emissions.append(Emission(data, mention.time, mention.cause, None, admitted.parties[one].partition))
    return emissions


def announced(emissions: Iterable[Emission]) -> dict[UUID, str]:
    """By party, the id of the event that says that it is new or changed."""
    return {
        emission.data.party_id: str(emission.id)
        for emission in emissions
        if isinstance(emission.data, PartyRegistered | PartyUpdated)
    }
