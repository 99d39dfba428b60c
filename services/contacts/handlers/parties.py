"""crm.parties: who parties are, for those who look for others like them."""

from collections.abc import Sequence

from services.contacts.matching import commands as matching
from services.contacts.subscriptions import matching as hears
from shared.engine.event import Event, Tombstone
from shared.engine.transaction import Transaction
from shared.events.parties import PartyDescribed


@hears.topic("crm.parties")
async def compare_parties(events: Sequence[Event[PartyDescribed | Tombstone]], tx: Transaction) -> None:
    """Ask about parties that may be one; an erased one is compared with nobody any more."""
    await matching.compare_described(tx, events)
