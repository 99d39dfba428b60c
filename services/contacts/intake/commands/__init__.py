"""Facts from outside: each gets its party, what is known already is left out, and the rest is published."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, cast
from uuid import UUID

from services.contacts.intake import domain, store
from services.contacts.intake.commands.facts import Fact, Facts, Related, of_owner
from services.contacts.intake.commands.revisions import apply_revisions, is_revision
from services.contacts.intake.domain.pseudonyms import add_pseudonyms
from services.contacts.intake.domain.sales import (
    SaleName,
    Stamp,
    Standing,
    announce_revision,
    sale_hash,
    state_of,
    taken_back,
)
from services.contacts.intake.domain.waiting import of_erased
from services.contacts.intake.store import StoredText
from services.contacts.parties import commands as parties
from services.contacts.parties.commands.admitted import Admitted
from services.contacts.parties.commands.aliases import are_one
from services.contacts.parties.commands.mention import Mention
from services.contacts.parties.domain.identity import Reading, primary_claims, read_identities
from services.contacts.parties.domain.party import Party
from services.contacts.settings import Context
from shared.engine.event import Emission, Event, caused_id
from shared.engine.transaction import Transaction
from shared.errors import BadRecord, Conflict, NoIdentity
from shared.events.ingest import (
    Reported,
    ReportedAmendment,
    ReportedCancellation,
    ReportedParty,
    ReportedProfile,
    ReportedRefund,
    ReportedSale,
    ReportedWithdrawal,
)
from shared.events.sales import SaleAmended, SaleCancelled, SaleCompleted
from shared.events.values import IdentityUsed


async def admit(tx: Transaction, events: Sequence[Event[Reported]]) -> Facts:
    """Each fact with its party, locked; sales that are known already are left out.

    Raises BadRecord for a fact that nobody could use, NoIdentity for one that names nobody, and Conflict for a sale
    that is known with other content or for another party, and for what changes the sale of another party.
    """
    context: Context = tx.context
    mentions = [mention_of(event, context) for event in events]
    await _name_owners(tx, events, mentions)
    related = named_beside(events, context)
    admitted = await parties.admit(tx, [*mentions, *(mention for _, _, mention in related)])
    facts = [
        Fact(place, event, admitted.parties[assigned.party_id], assigned, caused_id(event, "fact"))
        for place, (event, assigned) in enumerate(zip(events, admitted.resolution.assigned, strict=False))
    ]
    told = [fact for fact in facts if not is_revision(fact)]
    fresh, sold = await _without_known_sales(tx, told)
    fresh = await _with_owners(tx, fresh, sold)
    revisions = await apply_revisions(tx, filter(is_revision, facts), sold)
    return Facts(admitted, fresh, revisions, _relate(admitted, events, related))


async def publish(tx: Transaction, facts: Facts) -> list[Emission]:
    """Emit every fact but profiles, which are published as the change that they made, and keep the texts left out.

    A withdrawal that names an address is a record for every party that carries it. Returns what was emitted.
    """
    context: Context = tx.context
    texts, emissions = [], []
    for fact in facts.fresh:
        place, event, party, _, event_id = fact
        if type(event.data) is ReportedProfile:
            continue
        said = _said(event, party)
        published = domain.announce_fact(said, _stamp(event, party, fact.identity), confirms=context.double_opt_in)
        if isinstance(said, ReportedSale) and isinstance(published, SaleCompleted) and party.erased_at is None:
            published = add_pseudonyms(published, said, context.pseudonym_key)
        emissions.append(Emission(published, event.time, event, event_id, party.partition))
        for carrier in facts.admitted.carriers.get(place, ()):
            assert isinstance(event.data, ReportedWithdrawal)  # nothing else concerns carriers
            identity = IdentityUsed(type=carrier.claim.type, id=str(carrier.identity_id))
            copy = domain.announce_fact(domain.without_text(event.data), _stamp(event, carrier.party, identity))
            carried_id = caused_id(event, "carried", carrier.party.id)
            emissions.append(Emission(copy, event.time, event, carried_id, carrier.party.partition))
        if text := domain.text_of(said):
            texts.append(StoredText(event_id, party.id, text, event.now))
    for event, party, identity, _, before in facts.revisions:
        event_id = caused_id(event, "fact")
        said = _said(event, party)
        revised = announce_revision(said, _stamp(event, party, identity), before)
        emissions.append(Emission(revised, event.time, event, event_id, party.partition))
        if text := domain.text_of(said):
            texts.append(StoredText(event_id, party.id, text, event.now))
    await store.add_texts(tx, texts)
    tx.emit(emissions)
    return emissions


def _said(event: Event[Any], party: Party) -> Any:
    """What the fact says; of an erased party without what was written in it."""
    return event.data if party.erased_at is None else domain.without_text(event.data)


def _stamp(event: Event[Reported], party: Party, identity: IdentityUsed) -> Stamp:
    return Stamp(party.id, party.version, event.now, event.source, identity)


async def forget(tx: Transaction, party_ids: Collection[UUID]) -> dict[str, int]:
    """What these parties said in free text; what they did stays. Returns how many rows of each table that were."""
    waiting = await store.lock_waiting_of(tx, party_ids)
    bare = {key: without for key, each in waiting.items() if (without := of_erased(each)) != each}
    await store.save_waiting(tx, bare)
    return {"fact_text": await store.forget_texts(tx, party_ids), "waiting_revision": len(bare)}


async def take_back(tx: Transaction, sales: Sequence[Event[SaleCompleted | SaleAmended | SaleCancelled]]) -> None:
    """After a restore: these sales are known, as they stand, whatever comes again under their names."""
    standing: dict[SaleName, Standing] = {}
    for event in sales:
        name = event.data.origin, event.data.sale_id
        told = taken_back(event.data, UUID(event.id), event.time)
        if name not in standing or standing[name].revision < told.revision:
            standing[name] = told
    known = await store.add_sales(tx, standing) if standing else {}
    newer = {name: standing[name] for name, sale in known.items() if sale.revision < standing[name].revision}
    await store.save_revisions(tx, newer)


def mention_of(event: Event[Reported], context: Context) -> Mention:
    """What a fact says of whom; raises BadRecord for what nobody could use, NoIdentity where it names nobody."""
    domain.check(event.data)
    party = domain.with_custom(event.data.party, context.custom)
    region = party.address.country if party.address and party.address.country else context.default_region
    reading = Reading(context.policy, region, event.source)
    named = read_identities(party.identities, reading)
    if not named.claims:
        raise NoIdentity("none of its identities can be used")
    return Mention(
        named.claims,
        party,
        event.time,
        event.now,
        event.source,
        overwrites=type(event.data) is ReportedProfile,
        cause=event,
        primary=primary_claims(party.identities, reading) if _says_primary(party) else (),
        flagged=named.flagged,
        for_carriers=type(event.data) is ReportedWithdrawal,
    )


def named_beside(events: Sequence[Event[Reported]], context: Context) -> list[tuple[int, int, Mention]]:
    """Whom profiles name beside their own party, by the places of the profile and in it.

    Raises BadRecord where one of them cannot be known.
    """
    found = []
    for place, event in enumerate(events):
        if not isinstance(event.data, ReportedProfile):
            continue
        for number, relation in enumerate(event.data.party.relations):
            country = relation.party.address.country if relation.party.address else None
            named = read_identities(
                relation.party.identities, Reading(context.policy, country or context.default_region, event.source)
            )
            if not named.claims:
                where = f"party.relations.{number}.party.identities"
                raise BadRecord("no_identity", "none of its identities can be used", holds=False, field=where)
            mention = Mention(
                named.claims,
                domain.with_custom(relation.party, context.custom, f"party.relations.{number}.party"),
                event.time,
                event.now,
                event.source,
                cause=event,
                flagged=named.flagged,
                part=(f"relation {number}",),
            )
            found.append((place, number, mention))
    return found


def _says_primary(party: ReportedParty) -> bool:
    return any(identity.primary for identity in party.identities)


async def _without_known_sales(tx: Transaction, facts: list[Fact]) -> tuple[list[Fact], dict[SaleName, Party]]:
    """Without them, and the sales that are told for the first time, with their parties.

    Raises Conflict where a known sale comes with other content or for another party.
    """
    sales: dict[SaleName, Standing] = {}
    parties_of: dict[SaleName, Party] = {}
    repeated = set()
    for fact in facts:
        data = fact.event.data
        if not isinstance(data, ReportedSale):
            continue
        name = (fact.event.source, data.sale_id)
        sale = Standing(fact.party.id, fact.id, fact.event.time, 1, sale_hash(data), state_of(data))
        if name not in sales:
            sales[name], parties_of[name] = sale, fact.party
        elif sales[name].content == sale.content and sales[name].party_id == sale.party_id:
            repeated.add(fact.id)
        else:
            raise Conflict("the source has just sent this sale_id with other content")
    for name, known in (await store.add_sales(tx, sales) if sales else {}).items():
        sale = sales[name]
        # What was amended since is not compared: only what the sale said itself would tell.
        is_same = known.revision > 1 or known.content == sale.content
        is_theirs = known.party_id == sale.party_id or await are_one(tx, known.party_id, sale.party_id)
        if not is_same or not is_theirs:
            raise Conflict(f"event {known.event_id} stands for this sale_id of this source, with other content")
        repeated.add(sale.event_id)
        del parties_of[name]
    return [fact for fact in facts if fact.id not in repeated] if repeated else facts, parties_of


def _relate(
    admitted: Admitted, events: Sequence[Event[Reported]], related: Sequence[tuple[int, int, Mention]]
) -> list[Related]:
    """Who is named beside stands behind all facts, in the same order."""
    found = []
    for behind, (place, number, _) in enumerate(related, len(events)):
        one, other = (admitted.parties[admitted.resolution.assigned[each].party_id] for each in (place, behind))
        event = cast("Event[ReportedProfile]", events[place])
        said = event.data.party.relations[number]
        found.append(Related(event, number, said.kind, said.since, one, other))
    return found


async def _name_owners(tx: Transaction, events: Sequence[Event[Reported]], mentions: Sequence[Mention]) -> None:
    """Say of what changes a sale whose that sale is: its party may have been erased since, and founds nobody anew."""
    names = {
        place: (event.source, event.data.sale_id)
        for place, event in enumerate(events)
        if isinstance(event.data, ReportedRefund | ReportedAmendment | ReportedCancellation)
    }
    known = await store.load_sales(tx, set(names.values()))
    for place, name in names.items():
        mentions[place].owner_id = known[name].party_id if name in known else None


async def _with_owners(tx: Transaction, facts: list[Fact], sold: Mapping[SaleName, Party]) -> list[Fact]:
    """The same facts, each refund with the party of its sale; one that comes before its sale is its sender's word.

    Raises Conflict for a refund of another party's sale.
    """
    names = {
        fact.id: (fact.event.source, fact.event.data.sale_id)
        for fact in facts
        if isinstance(fact.event.data, ReportedRefund)
    }
    if not names:
        return facts
    owners = {name: party.id for name, party in sold.items()}
    known = await store.load_sales(tx, set(names.values()) - owners.keys())
    owners |= {name: sale.party_id for name, sale in known.items()}
    return [
        await of_owner(tx, fact, owners.get(names[fact.id], fact.party.id)) if fact.id in names else fact
        for fact in facts
    ]
