"""What forecasting thinks of parties: for conditions, and for campaigns that begin with it."""

from collections.abc import Sequence

import structlog

from services.marketing.copies import commands as copies
from services.marketing.flows import commands as flows
from services.marketing.segments import commands as segments
from services.marketing.sending import commands as sending
from services.marketing.subscriptions import follow_ups as hears
from shared.engine.event import Event
from shared.engine.transaction import Transaction
from shared.events.insights import ScoreComputed

log = structlog.get_logger()


@hears.topic("crm.insights")
async def follow_scores(events: Sequence[Event[ScoreComputed]], tx: Transaction) -> None:
    """The newest score of each kind counts."""
    await segments.note_events(tx, events, {"score", "band"})
    await copies.copy_scores(tx, events)
    await sending.drop(tx, await flows.follow_events(tx, events))
    log.info("scores_followed", scores=len(events))
