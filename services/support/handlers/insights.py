"""What forecasting expects of customers."""

from collections.abc import Sequence

from services.support.subscriptions import triage as hears
from services.support.triage import commands as triage
from shared.engine.event import Event
from shared.engine.transaction import Transaction
from shared.events.insights import ScoreComputed


@hears.topic("crm.insights")
async def copy_values(events: Sequence[Event[ScoreComputed]], tx: Transaction) -> None:
    """The newest band of each customer; tickets that are opened later are triaged by it."""
    await triage.copy_values(tx, events)
