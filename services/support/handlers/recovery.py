"""After a restore: what support takes back from its own topic."""

from collections.abc import Sequence
from typing import Any, cast, get_args
from uuid import UUID

from services.support.attention import commands as attention
from services.support.bulk import commands as bulk
from services.support.copies import commands as copies
from services.support.csat import commands as csat
from services.support.disputes import commands as disputes
from services.support.handlers.parties import forget_parties
from services.support.knowledge import commands as knowledge
from services.support.letters import commands as letters
from services.support.routing.commands import assignments as routing
from services.support.sla import commands as sla
from services.support.stats import commands as stats
from services.support.stats.domain.counting import Counted
from services.support.subscriptions import recovery
from services.support.subtasks import commands as subtasks
from services.support.tickets import commands as tickets
from services.support.tickets.commands.recovery import OwnEvent, take_back as take_back_ticket
from services.support.triage import commands as triage
from shared.engine.event import Event
from shared.engine.transaction import Transaction
from shared.events.followers import TicketFollowed, TicketUnfollowed
from shared.events.subtasks import TicketSubtaskAdded, TicketSubtaskChanged, TicketSubtaskOverdue
from shared.events.tickets import (
    CsatAsked,
    CsatRecorded,
    DeskWarningCleared,
    DeskWarningRaised,
    ErasureConfirmed,
    RequestDeflected,
    SlaApplied,
    SlaBreached,
    SlaMet,
    SlaWarned,
    TicketAssigned,
    TicketReplySettled,
    TicketSplit,
    TicketTriaged,
)

Told = (
    OwnEvent
    | TicketTriaged
    | TicketAssigned
    | TicketReplySettled
    | TicketFollowed
    | TicketUnfollowed
    | subtasks.OwnEvent
    | CsatAsked
    | CsatRecorded
    | RequestDeflected
    | DeskWarningRaised
    | DeskWarningCleared
    | ErasureConfirmed
    | sla.OwnEvent
    | disputes.OwnEvent
)


@recovery.topic("crm.tickets")
async def take_back_tickets(events: Sequence[Event[Told]], tx: Transaction) -> None:
    """Tickets under their numbers, disputes, and what agents did; the texts of requests come again, others are lost."""
    erased = sorted({event.data.party_id for event in events if isinstance(event.data, ErasureConfirmed)})
    of_disputes, of_tickets, deflected, warnings = _parted(events)
    parties = {event.data.party_id for event in (*of_disputes, *of_tickets, *deflected)}
    await copies.lock_parties(tx, parties.union(erased))
    # What was split off needs its ticket, which some logs open after it.
    for event in sorted(of_tickets, key=lambda each: isinstance(each.data, TicketSplit)):
        await _take_back(tx, event)
    for event in of_disputes:
        await disputes.take_back(tx, event)
    await sla.look_again(tx, of_tickets)
    await stats.count(tx, [event for event in of_tickets if isinstance(event.data, Counted)])
    for event in deflected:
        await knowledge.take_back(tx, event.data)
    for event in warnings:
        await stats.take_back(tx, event.data)
    if erased:
        await _forget(tx, erased)


async def _forget(tx: Transaction, parties: Sequence[UUID]) -> None:
    """Compaction has removed the null value of a party that was erased some days ago: only this topic tells of it."""
    await copies.take_back_erasures(tx, parties)
    await forget_parties(tx, parties)


async def _take_back(tx: Transaction, event: Event[Any]) -> None:
    """What one event tells of its ticket."""
    match event.data:
        case TicketTriaged():
            await triage.take_back(tx, event.data)
        case SlaApplied() | SlaWarned() | SlaBreached() | SlaMet():
            await sla.take_back(tx, cast("Event[sla.OwnEvent]", event))
        case TicketReplySettled():
            await letters.take_back(tx, event.data)
        case TicketAssigned():
            await routing.take_back(tx, cast("Event[TicketAssigned]", event))
        case TicketFollowed() | TicketUnfollowed():
            await attention.take_back(tx, event.data)
        case TicketSubtaskAdded() | TicketSubtaskChanged() | TicketSubtaskOverdue():
            await subtasks.take_back(tx, event.data)
        case CsatAsked() | CsatRecorded():
            await csat.take_back(tx, event.data)
        case _:
            await take_back_ticket(tx, cast("Event[OwnEvent]", event))


def _parted(
    events: Sequence[Event[Any]],
) -> tuple[
    list[Event[disputes.OwnEvent]],
    list[Event[Any]],
    list[Event[RequestDeflected]],
    list[Event[DeskWarningRaised | DeskWarningCleared]],
]:
    """Those of disputes, of tickets, of requests that were not made, and warnings. A dispute may name a ticket, which
    has to be there by then.
    """
    of_disputes, of_tickets, deflected, warnings = [], [], [], []
    for event in events:
        if isinstance(event.data, get_args(disputes.OwnEvent)):
            of_disputes.append(event)
        elif isinstance(event.data, RequestDeflected):
            deflected.append(event)
        elif isinstance(event.data, DeskWarningRaised | DeskWarningCleared):
            warnings.append(event)
        elif not isinstance(event.data, ErasureConfirmed):
            of_tickets.append(event)
    return of_disputes, of_tickets, deflected, warnings


@recovery.ending
async def continue_numbers(tx: Transaction) -> None:
    await tickets.continue_numbers(tx)


@recovery.ending
async def doubt_letters(tx: Transaction) -> None:
    """What was about to be sent may have been sent."""
    await letters.doubt_all(tx)


@recovery.ending
async def stop_bulk_actions(tx: Transaction) -> None:
    await bulk.stop_all(tx)
