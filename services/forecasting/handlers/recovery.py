"""After a restore: what forecasting takes back from its own topic."""

from collections.abc import Sequence

from services.forecasting.subscriptions import recovery
from services.forecasting.warnings import commands as warnings
from shared.engine.event import Event
from shared.engine.transaction import Transaction
from shared.events.insights import WarningCleared, WarningRaised


@recovery.topic("crm.insights")
async def take_back_warnings(events: Sequence[Event[WarningRaised | WarningCleared]], tx: Transaction) -> None:
    """Warnings as they were told; jobs compute the rest again."""
    for event in events:
        await warnings.take_back(tx, event.data)
