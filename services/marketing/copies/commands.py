"""Keeps what others say, in the caller's transaction; what follows from it is decided when a message is due."""

from collections.abc import Sequence

from services.marketing.copies import store
from services.marketing.copies.domain import (
    Parties,
    TicketEvent,
    consent_of,
    fold_parties,
    fold_products,
    refund_of,
    ticket_change_of,
)
from shared.engine.event import Event, Tombstone
from shared.engine.transaction import Transaction
from shared.events.contacts import ConsentGiven, ConsentWithdrawn
from shared.events.parties import PartyDescribed
from shared.events.products import ProductDescribed
from shared.events.sales import SaleRefunded


async def copy_parties(tx: Transaction, events: Sequence[Event[PartyDescribed | Tombstone]]) -> Parties:
    """An erased party keeps nothing but that it was erased."""
    parties = fold_parties(events)
    await store.save_parties(tx, parties.erased)
    await store.save_parties(tx, parties.described)
    return parties


async def copy_products(tx: Transaction, events: Sequence[Event[ProductDescribed | Tombstone]]) -> None:
    products = fold_products(events)
    await store.save_products(tx, [product for product in products.values() if product is not None])
    await store.forget_products(tx, [sku for sku, product in products.items() if product is None])


async def copy_consents(tx: Transaction, events: Sequence[Event[ConsentGiven | ConsentWithdrawn]]) -> None:
    await store.save_consents(tx, [consent_of(event) for event in events])


async def copy_refunds(tx: Transaction, events: Sequence[Event[SaleRefunded]]) -> None:
    await store.save_refunds(tx, [refund_of(event) for event in events])


async def copy_ticket_changes(tx: Transaction, events: Sequence[Event[TicketEvent]]) -> None:
    await store.save_ticket_changes(tx, [ticket_change_of(event) for event in events])
