"""What contacts makes of facts from outside."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple
from uuid import UUID

import structlog

from services.contacts import admission, stages
from services.contacts.admission import Admitted, Mention
from services.contacts.domain import facts
from services.contacts.domain.facts import Stamp
from services.contacts.domain.identity import claims
from services.contacts.domain.lifecycle import SIGNALS, Entry
from services.contacts.domain.party import Party
from services.contacts.domain.resolution import Used
from services.contacts.settings import Context
from services.contacts.store import parties as store
from services.contacts.store.parties import KnownSale, SaleName, StoredText
from services.contacts.subscriptions import ingest as hears
from shared.engine.event import Emission, Event
from shared.engine.transaction import Transaction
from shared.errors import Conflict, NoIdentity
from shared.events.ingest import Reported, ReportedProfile, ReportedSale
from shared.events.values import IdentityUsed
from shared.ids import new_id

log = structlog.get_logger()


class Accepted(NamedTuple):
    """A fact, its party, how that was found, and the id under which the fact is published."""

    event: Event[Reported]
    party: Party
    used: Used
    id: UUID


@hears.topic("crm.ingest")
async def accept_facts(events: Sequence[Event[Reported]], tx: Transaction) -> None:
    """Give every fact its party and publish it again under that key.

    Per party: first the description that the facts change, then the facts in their order, then the stages they open.
    """
    context: Context = tx.context
    admitted = await admission.admit(tx, [_mention(event, context.default_region) for event in events])
    news = await admission.announce(tx, admitted)
    accepted = await _without_known_sales(
        tx,
        [
            Accepted(event, admitted.parties[used.party_id], used, new_id())
            for event, used in zip(events, admitted.resolution.used, strict=True)
        ],
    )
    moved = await stages.follow(tx, _stage_facts(accepted, admission.announced(news)), admitted.resolution.founded)

    await store.save_parties(tx, [admitted.parties[party_id] for party_id in {*admitted.changes, *moved}])
    await store.add_texts(tx, _texts(accepted))
    tx.emit(news)
    tx.emit(_published(accepted))
    tx.emit(emission for emissions in moved.values() for emission in emissions)
    log.info("facts_accepted", facts=len(accepted), duplicates=len(events) - len(accepted), **_counts(admitted))


def _mention(event: Event[Reported], default_region: str) -> Mention:
    """Raises BadRecord for a fact that nobody could use, NoIdentity for one that names nobody."""
    data = event.data
    facts.check(data)
    party = data.party
    region = party.address.country if party.address and party.address.country else default_region
    named = claims(party.identities, source=event.source, region=region)
    if not named:
        raise NoIdentity("none of its identities can be used")
    return Mention(named, party, event.time, event.now, event.source, type(data) is ReportedProfile, event)


async def _without_known_sales(tx: Transaction, accepted: list[Accepted]) -> list[Accepted]:
    """Keeps what is new. Raises Conflict where a known sale comes with other content or for another party."""
    sales: dict[SaleName, KnownSale] = {}
    repeated = set()
    for fact in accepted:
        if not isinstance(fact.event.data, ReportedSale):
            continue
        name = (fact.event.source, fact.event.data.sale_id)
        sale = KnownSale(fact.party.id, facts.sale_hash(fact.event.data), fact.id)
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
    return [fact for fact in accepted if fact.id not in repeated] if repeated else accepted


def _stage_facts(accepted: Sequence[Accepted], announced: dict[UUID, str]) -> Iterator[stages.Fact]:
    """What counts for the stages. A profile is published as the change that it made, if it made one."""
    for fact in accepted:
        event = fact.event
        signal = SIGNALS.get(type(event.data))
        if signal is None or fact.party.lifecycle.ignores(signal, event.time):
            continue
        profile = isinstance(event.data, ReportedProfile)
        event_id = announced.get(fact.party.id, event.id) if profile else str(fact.id)
        yield stages.Fact(fact.party, signal, Entry(event.time, event_id), event)


def _published(accepted: Sequence[Accepted]) -> Iterator[Emission]:
    for event, party, used, event_id in accepted:
        if type(event.data) is not ReportedProfile:
            assert used.claim is not None  # _mention saw to it
            identity = IdentityUsed(type=used.claim.type, id=str(used.identity_id))
            stamp = Stamp(party.id, party.version, event.now, event.source, identity)
            yield Emission(facts.publish(event.data, stamp), event.time, event, event_id, party.partition)


def _texts(accepted: Sequence[Accepted]) -> list[StoredText]:
    return [
        StoredText(fact.id, fact.party.id, text, fact.event.now)
        for fact in accepted
        if (text := facts.text_of(fact.event.data))
    ]


def _counts(admitted: Admitted) -> dict[str, int]:
    return {"founded": len(admitted.resolution.founded), "described": len(admitted.changes)}
