"""Facts from outside: each gets its party, what is known already is left out, and the rest is published."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from services.contacts.intake import domain, store
from services.contacts.intake.domain import Stamp
from services.contacts.intake.store import KnownSale, SaleName, StoredText
from services.contacts.parties import commands as parties
from services.contacts.parties.commands import Admitted, Mention
from services.contacts.parties.domain.identity import Reading, primary_claims, read_identities
from services.contacts.parties.domain.party import Party
from services.contacts.parties.domain.resolution import Assignment
from services.contacts.settings import Context
from shared.engine.event import Emission, Event, caused_id
from shared.engine.transaction import Transaction
from shared.errors import Conflict, NoIdentity
from shared.events.ingest import Reported, ReportedParty, ReportedProfile, ReportedSale, ReportedWithdrawal
from shared.events.sales import SaleCompleted
from shared.events.values import IdentityUsed


class Fact(NamedTuple):
    """A fact and its place in the batch, its party, how that was found, and the id under which it is published."""

    place: int
    event: Event[Reported]
    party: Party
    assigned: Assignment
    id: UUID


@dataclass(slots=True)
class Facts:
    """The facts of a batch that are new, in their order, and the parties that all of the batch named."""

    admitted: Admitted
    fresh: list[Fact]


async def admit(tx: Transaction, events: Sequence[Event[Reported]]) -> Facts:
    """Each fact with its party, locked; sales that are known already are left out.

    Raises BadRecord for a fact that nobody could use, NoIdentity for one that names nobody, and Conflict for a sale
    that is known with other content or for another party.
    """
    context: Context = tx.context
    admitted = await parties.admit(tx, [mention_of(event, context) for event in events])
    facts = [
        Fact(place, event, admitted.parties[assigned.party_id], assigned, caused_id(event, "fact"))
        for place, (event, assigned) in enumerate(zip(events, admitted.resolution.assigned, strict=True))
    ]
    return Facts(admitted, await _without_known_sales(tx, facts))


async def publish(tx: Transaction, facts: Facts) -> None:
    """Emit every fact but profiles, which are published as the change that they made, and keep the texts left out.

    A withdrawal that names an address is a record for every party that carries it.
    """
    texts, emissions = [], []
    for place, event, party, assigned, event_id in facts.fresh:
        if type(event.data) is ReportedProfile:
            continue
        assert assigned.claim is not None  # a fact without a claim is refused
        identity = IdentityUsed(type=assigned.claim.type, id=str(assigned.identity_id))
        stamp = Stamp(party.id, party.version, event.now, event.source, identity)
        published = domain.announce_fact(event.data, stamp)
        emissions.append(Emission(published, event.time, event, event_id, party.partition))
        for carrier in facts.admitted.carriers.get(place, ()):
            assert isinstance(event.data, ReportedWithdrawal)  # nothing else concerns carriers
            identity = IdentityUsed(type=carrier.claim.type, id=str(carrier.identity_id))
            stamp = Stamp(carrier.party.id, carrier.party.version, event.now, event.source, identity)
            copy = domain.announce_fact(domain.without_text(event.data), stamp)
            emissions.append(Emission(copy, event.time, event, None, carrier.party.partition))
        if text := domain.text_of(event.data):
            texts.append(StoredText(event_id, party.id, text, event.now))
    await store.add_texts(tx, texts)
    tx.emit(emissions)


async def take_back(tx: Transaction, sales: Sequence[Event[SaleCompleted]]) -> None:
    """After a restore: these sales are known, whatever comes again under their names."""
    await store.add_sales(
        tx,
        {
            (event.data.origin, event.data.sale_id): KnownSale(
                event.data.party_id, domain.sale_hash(event.data), UUID(event.id)
            )
            for event in sales
        },
    )


def mention_of(event: Event[Reported], context: Context) -> Mention:
    """What a fact says of whom; raises BadRecord for what nobody could use, NoIdentity where it names nobody."""
    domain.check(event.data)
    party = event.data.party
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


def _says_primary(party: ReportedParty) -> bool:
    return any(identity.primary for identity in party.identities)


async def _without_known_sales(tx: Transaction, facts: list[Fact]) -> list[Fact]:
    """Raises Conflict where a known sale comes with other content or for another party."""
    sales: dict[SaleName, KnownSale] = {}
    repeated = set()
    for fact in facts:
        if not isinstance(fact.event.data, ReportedSale):
            continue
        name = (fact.event.source, fact.event.data.sale_id)
        sale = KnownSale(fact.party.id, domain.sale_hash(fact.event.data), fact.id)
        if name not in sales:
            sales[name] = sale
        elif sales[name].content == sale.content and sales[name].party_id == sale.party_id:
            repeated.add(fact.id)
        else:
            raise Conflict("the source has just sent this sale_id with other content")
    for name, known in (await store.add_sales(tx, sales) if sales else {}).items():
        sale = sales[name]
        if known.content != sale.content or known.party_id != sale.party_id:
            raise Conflict(f"event {known.event_id} stands for this sale_id of this source, with other content")
        repeated.add(sale.event_id)
    return [fact for fact in facts if fact.id not in repeated] if repeated else facts
