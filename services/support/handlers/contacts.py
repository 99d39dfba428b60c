"""What customers say of how they were helped."""

from collections.abc import Sequence

import structlog

from services.support.csat import commands as csat
from services.support.subscriptions import csat as hears
from shared.engine.event import Event
from shared.engine.transaction import Transaction
from shared.events.contacts import SurveyAnswered

log = structlog.get_logger()


@hears.topic("crm.contacts")
async def take_answers(events: Sequence[Event[SurveyAnswered]], tx: Transaction) -> None:
    """Answers about tickets; those about sales and everything else are marketing's."""
    log.info("answers_taken", answers=len(events), kept=await csat.take_answers(tx, events))
