"""The history of every party: a line an event, whoever wrote it, and what adds up from them."""

from collections.abc import Sequence

import structlog

from services.contacts.domain import timeline
from services.contacts.store import timeline as store
from services.contacts.subscriptions import timeline as hears
from shared.engine.event import Event
from shared.engine.transaction import Transaction
from shared.events.campaigns import (
    EnrolmentExited,
    EnrolmentStarted,
    MessagePlanned,
    MessageSent,
    MessageSkipped,
    MessageUnknown,
)
from shared.events.contacts import (
    ConsentGiven,
    ConsentWithdrawn,
    DuplicateSuspected,
    InteractionRecorded,
    LifecycleChanged,
    PartyRegistered,
    PartyUpdated,
    SurveyAnswered,
)
from shared.events.sales import ProductChosen, SaleCompleted, SaleRefunded
from shared.events.tickets import (
    TicketNoted,
    TicketOpened,
    TicketReopened,
    TicketReplied,
    TicketResolved,
    TicketStatusChanged,
)

log = structlog.get_logger()

OfContacts = (
    PartyRegistered
    | PartyUpdated
    | LifecycleChanged
    | DuplicateSuspected
    | ConsentGiven
    | ConsentWithdrawn
    | InteractionRecorded
    | SurveyAnswered
)
OfSales = ProductChosen | SaleCompleted | SaleRefunded
OfCampaigns = EnrolmentStarted | EnrolmentExited | MessagePlanned | MessageSent | MessageSkipped | MessageUnknown
OfTickets = TicketOpened | TicketReplied | TicketNoted | TicketStatusChanged | TicketResolved | TicketReopened


@hears.topic("crm.contacts")
async def show_parties(events: Sequence[Event[OfContacts]], tx: Transaction) -> None:
    """What happened to parties, and which consents hold."""
    await store.add_lines(tx, timeline.lines(events))
    await store.save_consents(tx, timeline.consents(events))
    log.info("timeline_extended", lines=len(events))


@hears.topic("crm.sales")
async def show_sales(events: Sequence[Event[OfSales]], tx: Transaction) -> None:
    """What parties chose, bought and gave back, and what that adds up to."""
    await store.add_lines(tx, timeline.lines(events))
    await store.add_totals(tx, timeline.totals(events))
    log.info("timeline_extended", lines=len(events))


@hears.topic("crm.campaigns")
async def show_messages(events: Sequence[Event[OfCampaigns]], tx: Transaction) -> None:
    """What was sent to parties, or not, and why."""
    await store.add_lines(tx, timeline.lines(events))
    await store.save_messages(tx, timeline.messages(events))
    log.info("timeline_extended", lines=len(events))


@hears.topic("crm.tickets")
async def show_tickets(events: Sequence[Event[OfTickets]], tx: Transaction) -> None:
    """What parties asked, and how it went."""
    await store.add_lines(tx, timeline.lines(events))
    await store.save_tickets(tx, timeline.tickets(events))
    log.info("timeline_extended", lines=len(events))
