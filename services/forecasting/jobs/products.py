"""What products should cost, and when they are to be ordered again, looked at anew at each cut."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import date, timedelta

import structlog

from services.forecasting.cuts import commands as cuts
from services.forecasting.fitting import works
from services.forecasting.fitting.process import FittingFailed, Run
from services.forecasting.prices import commands as prices
from services.forecasting.prices.domain import Bounds, Priced
from services.forecasting.reorders import commands as reorders
from services.forecasting.reorders.domain import Rules, Stocked
from services.forecasting.settings import ForecastingSettings
from services.forecasting.standing import A, in_pages
from shared.engine.transaction import Transaction

log = structlog.get_logger()
_PAGE = 200


async def advise(source: cuts.Source, run: Run, settings: ForecastingSettings, cut: date) -> None:
    """Tell what the cut shows, once, however often it is done; where that fails, what was told stands."""
    async with source.read() as tx:
        products, begin, end = await prices.load_products(tx, cut, settings.history_weeks, settings.most_series)
    if begin < end:
        await _price(source, run, settings, cut, products, begin, end)
        await _reorder(source, run, settings, cut, [sku for sku, _ in products], end)


async def _price(
    source: cuts.Source,
    run: Run,
    settings: ForecastingSettings,
    cut: date,
    products: prices.Products,
    begin: date,
    end: date,
) -> None:
    known: list[Priced] = []
    for at in range(0, len(products), _PAGE):  # a page at a time: the database serves others meanwhile
        async with source.read() as tx:
            known += await prices.load_priced(tx, products[at : at + _PAGE], begin, end)
    try:
        found, quality = await run(works.find_prices, known, Bounds(settings.price_step, settings.price_margin))
    except FittingFailed as error:
        async with source.transaction() as tx:
            await cuts.set_aside(tx, cut, {"prices": str(error)})
        return
    told = await _tell(source, found, prices.find_standing, prices.tell, cut)
    async with source.transaction() as tx:
        await prices.save_quality(tx, len(found), quality, cut)
    log.info("prices_told", cut=cut.isoformat(), products=len(found), told=told)


async def _reorder(
    source: cuts.Source, run: Run, settings: ForecastingSettings, cut: date, skus: list[str], end: date
) -> None:
    known: list[Stocked] = []
    for at in range(0, len(skus), _PAGE):
        async with source.read() as tx:
            known += await reorders.load_stocked(tx, skus[at : at + _PAGE], end)
    rules = Rules(settings.service_level, settings.refit_every // timedelta(days=1))
    try:
        found = await run(works.find_reorders, known, rules)
    except FittingFailed as error:
        async with source.transaction() as tx:
            await cuts.set_aside(tx, cut, {"reorders": str(error)})
        return
    told = await _tell(source, found, reorders.find_standing, reorders.tell, cut)
    log.info("reorders_told", cut=cut.isoformat(), products=len(found), told=told)


async def _tell(
    source: cuts.Source,
    found: Sequence[A],
    find_standing: Callable[[Transaction], Awaitable[Sequence[str]]],
    tell: Callable[[Transaction, Sequence[str], Sequence[A], date], Awaitable[int]],
    cut: date,
) -> int:
    """A page of products a transaction; how many were told."""
    async with source.read() as tx:
        standing = await find_standing(tx)
    told = 0
    for skus, advice in in_pages(found, standing):
        async with source.transaction() as tx:
            told += await tell(tx, skus, advice, cut)
    return told
