"""Finds or founds the parties that facts and profiles name: one way in for Kafka and HTTP."""

from collections.abc import Collection, Sequence
from uuid import UUID

from services.contacts.custom import CustomFields
from services.contacts.parties import store
from services.contacts.parties.commands.admitted import Admitted, Carrier
from services.contacts.parties.commands.erased import require_living, without_founders, without_past
from services.contacts.parties.commands.flagged import keep_flagged
from services.contacts.parties.commands.identities import find_homes, resolve_identities, without_unknown_ids
from services.contacts.parties.commands.mention import Mention
from services.contacts.parties.domain import party as rules
from services.contacts.parties.domain.description import describe as describe_party, take_back as take_back_party
from services.contacts.parties.domain.details import amend_details, fill_details, stated
from services.contacts.parties.domain.identity import ADDRESSES, Claim, Home
from services.contacts.parties.domain.party import Party, Primary
from services.contacts.parties.domain.resolution import Resolution
from services.contacts.parties.domain.rows import write_description
from services.contacts.settings import Context
from shared.engine.event import Emission, Event, caused_id
from shared.engine.partitions import partition_of
from shared.engine.transaction import Transaction
from shared.events.parties import KnownIdentity, PartyDescribed


async def admit(tx: Transaction, mentions: Sequence[Mention], *, expect_new: bool = False) -> Admitted:
    """Give every mention its party, and fold what it states into it. Locks identities, then parties, each sorted.

    With `expect_new` no identity is expected to be known, which spares the look-up where that is so.
    """
    homes, parties = await find_homes(tx, [mention.claims for mention in mentions], expect_new=expect_new)
    mentions, past = await without_past(tx, mentions, homes)
    resolution = await _resolve(tx, mentions, homes)
    while again := await without_founders(tx, mentions, homes, resolution):
        mentions, erased = again
        past |= erased
        resolution = await _resolve(tx, mentions, homes)
    carriers = await _find_carriers(tx, mentions, resolution)
    locks = {*resolution.parties(), *(carrier_id for found in carriers.values() for carrier_id, _ in found)}
    locks -= resolution.founded.keys()
    known = parties if locks <= parties.keys() else await store.lock_parties(tx, locks)
    require_living(known, locks - past)
    for party_id, index in resolution.founded.items():
        mention = mentions[index]
        known[party_id] = Party(id=party_id, partition=partition_of(str(party_id)), registered_at=mention.now)
    admitted = Admitted(mentions, resolution, known)
    for place, found in carriers.items():
        admitted.carriers[place] = [
            Carrier(known[party_id], claim, resolution.homes[claim].identity_id) for party_id, claim in found
        ]
    await _share(tx, admitted)
    written = {place: mention.flagged for place, mention in enumerate(mentions) if mention.flagged}
    if written or resolution.surplus or resolution.many:
        await keep_flagged(tx, resolution, written, mentions[-1].now)
    _fold(admitted)
    return admitted


async def _resolve(tx: Transaction, mentions: Sequence[Mention], homes: dict[Claim, Home]) -> Resolution:
    facts = [without_unknown_ids(mention.claims, homes) for mention in mentions]
    # What people of the company write, and what concerns every carrier, may be of anybody who shares an identity.
    wide = {place for place, mention in enumerate(mentions) if mention.for_carriers or mention.cause is None}
    return await resolve_identities(
        tx, facts, homes, lambda place, what: caused_id(mentions[place].cause, what, *mentions[place].part), wide
    )


async def describe(tx: Transaction, admitted: Admitted) -> list[PartyDescribed]:
    """Emit of each new and changed party that it was registered or updated, then its description."""
    identities = await load_identities(tx, admitted)
    descriptions, version = [], _custom(tx).version
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
        description = describe_party(party, identities.get(party_id, ()), mention.now, version)
        party.revision = write_description(description)
        tx.emit(
            [
                Emission(what, mention.time, mention.cause, event_id, party.partition),
                Emission(
                    description,
                    mention.time,
                    mention.cause,
                    caused_id(mention.cause, "described", party_id, party.version),
                    party.partition,
                    body=party.revision.body,
                ),
            ]
        )
        descriptions.append(description)
    return descriptions


def known_identity(claim: Claim, identity_id: UUID, *, shared: bool = False) -> KnownIdentity:
    """As descriptions show it. A party's id is no identity of it."""
    assert claim.type != "party"
    return KnownIdentity(id=identity_id, type=claim.type, value=claim.value, system=claim.system or None, shared=shared)


async def save(tx: Transaction, admitted: Admitted) -> None:
    """Write the parties that are new or changed."""
    await store.save_parties(tx, [admitted.parties[party_id] for party_id in admitted.unsaved])


async def take_back(tx: Transaction, described: Sequence[Event[PartyDescribed]]) -> None:
    """After a restore: the parties as the topic describes them, with everything by which they are found.

    What a description changed counts as stated at its time: older profiles that come again do not undo it.
    """
    known = await store.lock_parties(tx, {event.data.party_id for event in described})
    identities: dict[Claim, Home] = {}
    shared: set[tuple[UUID, UUID]] = set()
    for event in described:
        data = event.data
        fresh = Party(id=data.party_id, partition=event.partition, registered_at=data.recorded_at)
        party = known.setdefault(data.party_id, fresh)
        if party.revision is not None:  # each description is kept, also of a party that comes twice
            await store.save_parties(tx, [party])
        take_back_party(party, data, event.time)
        party.revision = write_description(data)
        for each in data.identities:
            if each.shared:
                shared.add((data.party_id, each.id))
            else:
                identities[Claim(each.type, each.system or "", each.value)] = Home(data.party_id, each.id)
    if identities:
        await store.add_identities(tx, identities)
    if shared:
        await store.add_shared_identities(tx, shared)
    await store.save_parties(tx, known.values())


async def lock_parties(tx: Transaction, party_ids: Collection[UUID]) -> dict[UUID, Party]:
    """Those of the parties that exist and were not erased, locked until the transaction ends."""
    known = await store.lock_parties(tx, party_ids)
    return {party_id: party for party_id, party in known.items() if party.erased_at is None}


async def lock_with_erased(tx: Transaction, party_ids: Collection[UUID]) -> dict[UUID, Party]:
    """The parties, those that were erased too."""
    return await store.lock_parties(tx, party_ids)


async def lock_after(tx: Transaction, after: UUID | None, limit: int) -> list[Party]:
    """The next parties in the order of their ids, locked; fewer than `limit` at the end alone."""
    return list((await store.lock_parties(tx, await store.find_after(tx, after or UUID(int=0), limit))).values())


async def read_parties(tx: Transaction, party_ids: Collection[UUID]) -> dict[UUID, Party]:
    """Those of the parties that exist and were not erased, to be read alone."""
    known = await store.load_parties(tx, party_ids) if party_ids else {}
    return {party_id: party for party_id, party in known.items() if party.erased_at is None}


async def save_parties(tx: Transaction, known: Collection[Party]) -> None:
    """Write parties that were changed under their locks."""
    await store.save_parties(tx, known)


async def lock_party(tx: Transaction, party_id: UUID) -> Party | None:
    return (await lock_parties(tx, [party_id])).get(party_id)


async def describe_all(tx: Transaction, party_ids: Collection[UUID]) -> dict[UUID, PartyDescribed]:
    """Those of the parties that exist and were not erased, described as they stand; nothing is emitted."""
    known = await read_parties(tx, party_ids)
    identities = await store.load_identities(tx, sorted(known)) if known else {}
    version = _custom(tx).version
    return {id_: describe_party(party, identities.get(id_, ()), tx.now, version) for id_, party in known.items()}


async def describe_stored(tx: Transaction, party: Party) -> PartyDescribed:
    """The description of a party as it stands, which is not emitted."""
    identities = await store.load_identities(tx, [party.id])
    return describe_party(party, identities.get(party.id, ()), tx.now, _custom(tx).version)


def _custom(tx: Transaction) -> CustomFields:
    context: Context = tx.context
    return context.custom


async def _find_carriers(
    tx: Transaction, mentions: Sequence[Mention], resolution: Resolution
) -> dict[int, list[tuple[UUID, Claim]]]:
    """By the place of a mention that concerns them, the other parties that carry one of its addresses."""
    wide = {
        place: {
            resolution.homes[claim].identity_id: claim
            for claim in mention.claims
            if claim.type in ADDRESSES and claim in resolution.homes
        }
        for place, mention in enumerate(mentions)
        if mention.for_carriers
    }
    identity_ids = {identity_id for named in wide.values() for identity_id in named}
    if not identity_ids:
        return {}
    carriers = await store.find_carriers(tx, sorted(identity_ids))
    found: dict[int, list[tuple[UUID, Claim]]] = {}
    for place, named in wide.items():
        own = resolution.assigned[place].party_id
        others = {party_id: claim for identity_id, claim in named.items() for party_id in carriers.get(identity_id, ())}
        others |= {party_id: claim for party_id, claim in resolution.shared if claim in named.values()}
        found[place] = [(party_id, others[party_id]) for party_id in sorted(others.keys() - {own})]
    return found


async def _share(tx: Transaction, admitted: Admitted) -> None:
    """Write the addresses of parties that belong to another party first."""
    resolution = admitted.resolution
    if not resolution.shared:
        return
    places = {
        (party_id, resolution.homes[claim].identity_id): place for (party_id, claim), place in resolution.shared.items()
    }
    for pair in await store.add_shared_identities(tx, places):
        admitted.change(places[pair], {"identities"})


def _fold(admitted: Admitted) -> None:
    """What every mention states, in order; a party that changes gets one new version, however many change it."""
    for place in sorted(admitted.resolution.adding):
        admitted.change(place, {"identities"})
    for place, (mention, assigned) in enumerate(zip(admitted.mentions, admitted.resolution.assigned, strict=True)):
        party = admitted.parties[assigned.party_id]
        if mention.primary or party.primary or admitted.resolution.several:
            _prefer(admitted, place, party)
        roles = party.roles
        if mention.overwrites:
            fields = _submit(admitted, party, mention)
        elif rules.has_news(party, mention.reported):
            fields = rules.fill(party, mention.reported, mention.time)
            fields |= fill_details(party, stated(mention.reported), mention.time)
        else:
            continue
        if party.roles is not roles:
            admitted.grant(place, roles)
        if fields:
            admitted.change(place, fields)
    for party_id in admitted.changes:
        admitted.parties[party_id].version += 1


def _submit(admitted: Admitted, party: Party, mention: Mention) -> set[str]:
    """What a profile states; that something was said again, later, is saved too."""
    prevails, said_at = mention.cause is None, dict(party.said_at)
    fields = rules.submit(party, mention.reported, mention.time, prevails=prevails)
    if details := stated(mention.reported):
        fields |= amend_details(party, details, mention.time, prevails=prevails)
    if party.said_at != said_at:
        admitted.unsaved.add(party.id)
    return fields


def _prefer(admitted: Admitted, place: int, party: Party) -> None:
    """The first address of each type that a mention names was used; one that is said to be primary goes before it."""
    mention, homes, surplus = admitted.mentions[place], admitted.resolution.homes, admitted.resolution.surplus
    for type_ in ADDRESSES:
        carried = [each for each in mention.claims if each.type == type_ and (party.id, each) not in surplus]
        said = next((claim for claim in carried if claim in mention.primary), None)
        used = said or next(iter(carried), None)
        before = party.primary.get(type_)
        if used is None or not (said or before or (party.id, type_) in admitted.resolution.several):
            continue
        if rules.prefer(party, type_, Primary(homes[used].identity_id, mention.time, said is not None)):
            admitted.change(place, {"identities"})
        elif party.primary[type_] != before:
            admitted.unsaved.add(party.id)


async def load_identities(
    tx: Transaction, admitted: Admitted, beside: Collection[UUID] = ()
) -> dict[UUID, list[KnownIdentity]]:
    """What each changed party carries, and others of these; what is known of them already is not read again."""
    asked = {**dict.fromkeys(admitted.changes), **dict.fromkeys(beside)}
    wanted = {party_id: None for party_id in asked if party_id not in admitted.identities}
    if not wanted:
        return admitted.identities
    founded = admitted.resolution.founded
    known = [party_id for party_id in wanted if party_id not in founded]
    identities = admitted.identities
    identities |= {party_id: [] for party_id in wanted} | (await store.load_identities(tx, known) if known else {})
    for claim, home in admitted.resolution.added.items():
        if home.party_id in founded and home.party_id in wanted:
            identities[home.party_id].append(known_identity(claim, home.identity_id))
    for party_id, claim in admitted.resolution.shared:
        if party_id in founded and party_id in wanted:
            identity = known_identity(claim, admitted.resolution.homes[claim].identity_id, shared=True)
            identities[party_id].append(identity)
    return identities
