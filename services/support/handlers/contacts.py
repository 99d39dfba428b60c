"""What customers say of how they were helped, and of being asked."""

from collections.abc import Sequence
from typing import cast

import structlog

from services.support.csat import commands as csat
from services.support.subscriptions import csat as hears
from shared.engine.event import Event
from shared.engine.transaction import Transaction
from shared.events.contacts import ConsentGiven, ConsentWithdrawn, SurveyAnswered
from shared.events.tickets import TicketResolved

log = structlog.get_logger()


@hears.topic("crm.contacts")
async def take_answers(
    events: Sequence[Event[SurveyAnswered | ConsentGiven | ConsentWithdrawn]], tx: Transaction
) -> None:
    """Answers about tickets, and who refuses to be asked; answers about sales and everything else are marketing's."""
    answers = [cast("Event[SurveyAnswered]", event) for event in events if isinstance(event.data, SurveyAnswered)]
    said = cast(
        "Sequence[Event[ConsentGiven | ConsentWithdrawn]]",
        [event for event in events if not isinstance(event.data, SurveyAnswered)],
    )
    await csat.lock_parties_of(tx, answers, said)
    await csat.copy_consents(tx, said)
    log.info("answers_taken", answers=len(answers), kept=await csat.take_answers(tx, answers))


@hears.topic("crm.tickets")
async def ask_customers(events: Sequence[Event[TicketResolved]], tx: Transaction) -> None:
    """Whoever was helped is asked how satisfied they are."""
    log.info("customers_asked", resolved=len(events), asked=await csat.ask_customers(tx, events))
