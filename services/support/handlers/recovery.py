"""After a restore: what support takes back from its own topic."""

from collections.abc import Sequence
from typing import cast

from services.support.copies import commands as copies
from services.support.routing.commands import assignments as routing
from services.support.sla import commands as sla
from services.support.subscriptions import recovery
from services.support.tickets import commands as tickets
from services.support.triage import commands as triage
from shared.engine.event import Event
from shared.engine.transaction import Transaction
from shared.events.tickets import SlaApplied, SlaBreached, SlaMet, SlaWarned, TicketAssigned, TicketTriaged


@recovery.topic("crm.tickets")
async def take_back_tickets(
    events: Sequence[Event[tickets.OwnEvent | TicketTriaged | TicketAssigned | sla.OwnEvent]], tx: Transaction
) -> None:
    """Tickets under their numbers, and what agents did; the texts of requests come again, those of agents are lost."""
    await copies.lock_parties(tx, {event.data.party_id for event in events})
    for event in events:
        match event.data:
            case TicketTriaged():
                await triage.take_back(tx, event.data)
            case SlaApplied() | SlaWarned() | SlaBreached() | SlaMet():
                await sla.take_back(tx, cast("Event[sla.OwnEvent]", event))
            case TicketAssigned():
                await routing.take_back(tx, cast("Event[TicketAssigned]", event))
            case _:
                await tickets.take_back(tx, cast("Event[tickets.OwnEvent]", event))
    await sla.look_again(tx, events)


@recovery.ending
async def continue_numbers(tx: Transaction) -> None:
    await tickets.continue_numbers(tx)
