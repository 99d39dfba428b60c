"""Indicators as outside systems tell them."""

from collections.abc import Sequence
from datetime import date

from services.forecasting.indicators import store
from services.forecasting.indicators.domain import Weekly, newest
from shared.engine.event import Event
from shared.engine.transaction import Transaction
from shared.events.indicators import IndicatorObserved


async def copy_indicators(tx: Transaction, events: Sequence[Event[IndicatorObserved]]) -> int:
    """Keep the newest value of each series and moment; how many are kept of the batch."""
    said = newest(events)
    await store.save_observations(tx, said)
    return len(said)


async def load_weekly(tx: Transaction, begin: date, end: date, most: int) -> list[Weekly]:
    """The weeks within [begin, end), both Mondays, of the `most` series of which most weeks are known."""
    return await store.load_weekly(tx, begin, end, most)
