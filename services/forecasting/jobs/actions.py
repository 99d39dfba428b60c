"""What products are sold for, learnt anew at each cut."""

from datetime import date

import structlog

from services.forecasting.actions import commands as actions
from services.forecasting.cuts import commands as cuts

log = structlog.get_logger()


async def price(source: cuts.Source, cut: date) -> None:
    """Done again after a stop it changes nothing."""
    async with source.transaction() as tx:
        await actions.learn_prices(tx, cut)
    log.info("prices_learnt", cut=cut.isoformat())
