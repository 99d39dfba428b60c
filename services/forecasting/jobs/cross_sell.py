"""Which products go together, learnt anew at each cut."""

from datetime import date
from time import monotonic
from uuid import UUID

import structlog

from services.forecasting.cross_sell import commands as cross_sell
from services.forecasting.cuts import commands as cuts
from services.forecasting.fitting import works
from services.forecasting.fitting.process import FittingFailed, Run
from services.forecasting.settings import ForecastingSettings

log = structlog.get_logger()
_PAGE = 200


async def pair(source: cuts.Source, run: Run, settings: ForecastingSettings, cut: date) -> None:
    """Learn the pairs of the cut, of as many parties as the budget allows; where that fails, those before go on."""
    began = monotonic()
    async with source.read() as tx:
        products = await cross_sell.load_common(tx, cut, settings.most_series)
    baskets: list[list[int]] = []
    after: UUID | None = None
    while len(baskets) < settings.fitted_parties and monotonic() - began < settings.fitting_budget.total_seconds():
        async with source.read() as tx:
            page, after = await cross_sell.load_baskets(tx, after, cut, products, _PAGE)
        baskets += page
        if after is None:
            break
    try:
        pairs = await run(works.find_pairs, products, baskets)
    except FittingFailed as error:
        async with source.transaction() as tx:
            await cuts.set_aside(tx, cut, {"cross-sell": str(error)})
        return
    async with source.transaction() as tx:
        await cross_sell.replace_pairs(tx, cut, pairs)
    log.info("pairs_learnt", cut=cut.isoformat(), parties=len(baskets), products=len(products), pairs=len(pairs))
