"""After a restore: what forecasting takes back from its own topic."""

from collections.abc import Sequence

from services.forecasting.fraud import commands as fraud
from services.forecasting.subscriptions import recovery
from services.forecasting.warnings import commands as warnings
from shared.engine.event import Event
from shared.engine.transaction import Transaction
from shared.events.insights import FraudJudged, WarningCleared, WarningRaised


@recovery.topic("crm.insights")
async def take_back_insights(
    events: Sequence[Event[WarningRaised | WarningCleared | FraudJudged]], tx: Transaction
) -> None:
    """Warnings and verdicts as they were told; jobs compute the rest again."""
    for event in events:
        if isinstance(event.data, FraudJudged):
            await fraud.take_back(tx, event.data)
        else:
            await warnings.take_back(tx, event.data)
