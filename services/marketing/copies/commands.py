"""Keeps what others say, and hands it out; what follows from it is decided when a message is due."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from services.marketing.copies import store
from services.marketing.copies.domain import (
    Category,
    Parties,
    Party,
    Refund,
    Restraint,
    Score,
    StageChange,
    TicketChange,
    TicketEvent,
    boundary_of,
    dispute_of,
    erasures_of,
    fold_parties,
    fold_products,
    fold_stages,
    gather,
    newest_scores,
    refund_of,
    ticket_change_of,
)
from shared.engine.event import Event, Tombstone
from shared.engine.transaction import Transaction
from shared.events.agreements import BoundarySet
from shared.events.campaigns import ErasureConfirmed
from shared.events.consent import Statement, statement_of
from shared.events.contacts import ConsentGiven, ConsentWithdrawn, LifecycleChanged
from shared.events.disputes import DisputeClosed, DisputeRaised
from shared.events.insights import ScoreComputed
from shared.events.parties import PartyDescribed
from shared.events.products import ProductDescribed
from shared.events.sales import SaleRefunded


@dataclass(frozen=True, slots=True)
class Copies:
    """What is known about some parties and their sales; refunds by (`origin`, `sale_id`).

    What stands of a party stands of all that it was merged with. `families` has those of which there are several.
    """

    parties: Mapping[UUID, Party]
    consents: Mapping[UUID, Sequence[Statement]]
    refunds: Mapping[tuple[str, str], Sequence[Refund]]
    tickets: Mapping[UUID, Sequence[TicketChange]] = field(default_factory=dict)
    restraints: Mapping[UUID, Sequence[Restraint]] = field(default_factory=dict)
    families: Mapping[UUID, Sequence[UUID]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Profiles:
    """What conditions may ask of some parties, of all that each was merged with; `families` as in Copies."""

    parties: Mapping[UUID, Party]
    stages: Mapping[UUID, Sequence[StageChange]]
    scores: Mapping[UUID, Sequence[Score]]
    tickets: Mapping[UUID, Sequence[TicketChange]]
    consents: Mapping[UUID, Sequence[Statement]]
    families: Mapping[UUID, Sequence[UUID]]


async def copy_parties(tx: Transaction, events: Sequence[Event[PartyDescribed | Tombstone]]) -> Parties:
    parties = fold_parties(events)
    if parties.erased:
        known = await store.load_parties(tx, [party.id for party in parties.erased])
        parties.erasures.extend(erasures_of(events, known))
    await store.save_parties(tx, parties.erased)
    await store.save_parties(tx, parties.described)
    return parties


async def take_back_erasures(tx: Transaction, told: Sequence[Event[ErasureConfirmed]]) -> None:
    """After a restore: parties of which it was told that they are forgotten are, whatever their topic still holds."""
    by = {event.data.party_id: event.id for event in told}
    await store.save_parties(tx, [Party(party_id, 0, erased_by=by[party_id]) for party_id in sorted(by)])


async def copy_products(tx: Transaction, events: Sequence[Event[ProductDescribed | Tombstone]]) -> None:
    products = fold_products(events)
    await store.save_products(tx, [product for product in products.values() if product is not None])
    await store.forget_products(tx, [sku for sku, product in products.items() if product is None])


async def copy_consents(tx: Transaction, events: Sequence[Event[ConsentGiven | ConsentWithdrawn]]) -> None:
    statements = [(event.data.party_id, statement_of(event.id, event.time, event.data)) for event in events]
    await store.save_consents(tx, statements)


async def copy_refunds(tx: Transaction, events: Sequence[Event[SaleRefunded]]) -> None:
    await store.save_refunds(tx, [refund_of(event) for event in events])


async def copy_ticket_changes(tx: Transaction, events: Sequence[Event[TicketEvent]]) -> None:
    await store.save_ticket_changes(tx, [ticket_change_of(event) for event in events])


async def copy_stage_changes(tx: Transaction, events: Sequence[Event[LifecycleChanged]]) -> None:
    told, gone = fold_stages(events)
    await store.forget_stage_changes(tx, gone)
    await store.save_stage_changes(tx, told)


async def copy_boundaries(tx: Transaction, events: Sequence[Event[BoundarySet]]) -> None:
    await store.save_restraints(tx, [boundary_of(event) for event in events])


async def copy_disputes(tx: Transaction, events: Sequence[Event[DisputeRaised | DisputeClosed]]) -> None:
    await store.save_restraints(tx, [dispute_of(event) for event in events])


async def copy_scores(tx: Transaction, events: Sequence[Event[ScoreComputed]]) -> None:
    await store.save_scores(tx, newest_scores(events))


async def load_profiles(tx: Transaction, parties: Collection[UUID], asked: Collection[str]) -> Profiles:
    """Of what may be `asked`, by the names that conditions have for it, nothing else is loaded."""
    found = await store.load_parties(tx, parties)
    families = await _find_families(tx, found)
    everybody = set().union(*families.values(), parties)
    with_scores = not {"score", "band"}.isdisjoint(asked)
    return Profiles(
        found,
        gather(await store.load_stage_changes(tx, everybody) if "stage" in asked else {}, families),
        gather(await store.load_scores(tx, everybody) if with_scores else {}, families),
        gather(await store.load_ticket_changes(tx, everybody) if "ticket_open" in asked else {}, families),
        gather(await store.load_consents(tx, everybody) if "consent" in asked else {}, families),
        families,
    )


async def load_copies(
    tx: Transaction, parties: Collection[UUID], sales: Collection[tuple[str, str]], *, with_tickets: bool
) -> Copies:
    found = await store.load_parties(tx, parties)
    families = await _find_families(tx, found)
    relatives = set().union(*families.values())
    everybody = relatives.union(parties)
    restrained = relatives.union(id_ for id_, party in found.items() if party.restrained)
    return Copies(
        found,
        gather(await store.load_consents(tx, everybody), families),
        await store.load_refunds(tx, sales),
        gather(await store.load_ticket_changes(tx, everybody), families) if with_tickets else {},
        gather(await store.load_restraints(tx, restrained), families) if restrained else {},
        families,
    )


async def _find_families(tx: Transaction, found: Mapping[UUID, Party]) -> dict[UUID, list[UUID]]:
    return await find_families(tx, [id_ for id_, party in found.items() if party.is_merged])


async def load_parties(tx: Transaction, ids: Collection[UUID]) -> dict[UUID, Party]:
    return await store.load_parties(tx, ids)


async def find_family(tx: Transaction, party: UUID) -> list[UUID]:
    """A party with all that it was merged with, at any distance."""
    return (await store.find_families(tx, [party]))[party]


async def find_families(tx: Transaction, parties: Collection[UUID]) -> dict[UUID, list[UUID]]:
    """The same, of each of these."""
    return await store.find_families(tx, parties) if parties else {}


async def find_survivors(tx: Transaction, merged: Collection[UUID]) -> dict[UUID, UUID]:
    """Of parties that were merged into others the one that is left, at any distance; nobody's for as long as they are
    said to be merged into each other.
    """
    families = await find_families(tx, merged)
    known = await store.load_parties(tx, set().union(*families.values()))
    into = {id_: party.merged_into for id_, party in known.items()}
    return {party: each for party, family in families.items() for each in family if into.get(each) is None}


async def load_categories(tx: Transaction, skus: Sequence[str]) -> dict[str, Category]:
    return await store.load_categories(tx, skus)


async def load_product_names(tx: Transaction, skus: Sequence[str]) -> dict[str, str]:
    return await store.load_product_names(tx, skus)
