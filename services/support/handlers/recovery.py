"""After a restore: what support takes back from its own topic."""

from collections.abc import Sequence
from typing import cast

from services.support.copies import commands as copies
from services.support.subscriptions import recovery
from services.support.tickets import commands as tickets
from services.support.triage import commands as triage
from shared.engine.event import Event
from shared.engine.transaction import Transaction
from shared.events.tickets import TicketTriaged


@recovery.topic("crm.tickets")
async def take_back_tickets(events: Sequence[Event[tickets.OwnEvent | TicketTriaged]], tx: Transaction) -> None:
    """Tickets under their numbers, and what agents did; the texts of requests come again, those of agents are lost."""
    await copies.lock_parties(tx, {event.data.party_id for event in events})
    for event in events:
        if isinstance(event.data, TicketTriaged):
            await triage.take_back(tx, event.data)
        else:
            await tickets.take_back(tx, cast("Event[tickets.OwnEvent]", event))


@recovery.ending
async def continue_numbers(tx: Transaction) -> None:
    await tickets.continue_numbers(tx)
