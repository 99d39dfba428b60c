"""What is promised of tickets, and how it stands."""

from collections.abc import Sequence

import structlog

from services.support.copies import commands as copies
from services.support.sla import commands as sla
from services.support.subscriptions import sla as hears
from services.support.tickets import commands as tickets
from shared.engine.event import Event
from shared.engine.subscription import Due
from shared.engine.transaction import Transaction
from shared.events.agreements import AgreementAmended, AgreementLapsed, AgreementSigned, AgreementTerminated
from shared.events.tickets import TicketReplied, TicketStatusChanged, TicketTriaged

log = structlog.get_logger()


@hears.topic("crm.agreements")
async def copy_agreements(
    events: Sequence[Event[AgreementSigned | AgreementAmended | AgreementLapsed | AgreementTerminated]],
    tx: Transaction,
) -> None:
    """What agreements say of tickets that are triaged from now on."""
    await copies.copy_agreements(tx, events)


@hears.topic("crm.tickets")
async def follow_tickets(
    events: Sequence[Event[TicketTriaged | TicketReplied | TicketStatusChanged]], tx: Transaction
) -> None:
    """Clocks begin once the priority is known, and are told of whenever something moves them."""
    latest = {event.data.ticket_id: event for event in events}
    triaged = {event.data.ticket_id: event.data.priority for event in events if isinstance(event.data, TicketTriaged)}
    told = await sla.follow(tx, {id_: event.now for id_, event in latest.items()}, triaged, latest)
    log.info("tickets_followed", events=len(events), told=told)


@hears.timer(sla.TIMER, locks_first=tickets.lock_parties_of)
async def tell_clocks(due: Sequence[Due], tx: Transaction) -> None:
    """Warnings and breaches, when their time has come on the stream's clock."""
    told = await sla.follow(tx, {timer.id: timer.now for timer in due}, {}, {})
    log.info("clocks_told", due=len(due), told=told)
