"""After a restore: what forecasting takes back from its own topic."""

from collections.abc import Sequence

from services.forecasting.actions import commands as actions
from services.forecasting.fraud import commands as fraud
from services.forecasting.models import commands as models
from services.forecasting.prices import commands as prices
from services.forecasting.reorders import commands as reorders
from services.forecasting.subscriptions import recovery
from services.forecasting.trends import commands as trends
from services.forecasting.warnings import commands as warnings
from shared.engine.event import Event
from shared.engine.transaction import Transaction
from shared.events.insights import (
    ActionAccepted,
    ActionDeclined,
    ActionSuggested,
    FraudJudged,
    ModelPromoted,
    TrendCleared,
    TrendDetected,
    WarningCleared,
    WarningRaised,
)
from shared.events.suggestions import PriceSuggested, ReorderSuggested

Taken = (
    WarningRaised
    | WarningCleared
    | TrendDetected
    | TrendCleared
    | FraudJudged
    | ModelPromoted
    | ActionSuggested
    | ActionAccepted
    | ActionDeclined
    | PriceSuggested
    | ReorderSuggested
)


@recovery.topic("crm.insights")
async def take_back_insights(events: Sequence[Event[Taken]], tx: Transaction) -> None:
    """Warnings, trends, verdicts, promotions and suggestions as they were told; jobs compute the rest again."""
    for event in events:
        if isinstance(event.data, FraudJudged):
            await fraud.take_back(tx, event.data)
        elif isinstance(event.data, ActionSuggested | ActionAccepted | ActionDeclined):
            await actions.take_back(tx, event.data)
        elif isinstance(event.data, ModelPromoted):
            await models.take_back(tx, event.data)
        elif isinstance(event.data, PriceSuggested):
            await prices.take_back(tx, event.data)
        elif isinstance(event.data, ReorderSuggested):
            await reorders.take_back(tx, event.data)
        elif isinstance(event.data, TrendDetected | TrendCleared):
            await trends.take_back(tx, event.data)
        else:
            await warnings.take_back(tx, event.data)
