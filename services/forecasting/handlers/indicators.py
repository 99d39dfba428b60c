"""Series of the market and the economy, which outside systems tell."""

from collections.abc import Sequence

import structlog

from services.forecasting.indicators import commands as indicators
from services.forecasting.subscriptions import indicators as hears
from shared.engine.event import Event
from shared.engine.transaction import Transaction
from shared.events.indicators import IndicatorObserved

log = structlog.get_logger()


@hears.topic("crm.indicators")
async def copy_indicators(events: Sequence[Event[IndicatorObserved]], tx: Transaction) -> None:
    """Keep the newest value of each series and moment."""
    kept = await indicators.copy_indicators(tx, events)
    log.info("indicators_copied", values=kept)
