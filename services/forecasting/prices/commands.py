"""Prices as they are looked at, and suggested, at a cut."""

from collections.abc import Sequence
from datetime import date

from services.forecasting.copies import commands as copies
from services.forecasting.cuts import commands as cuts
from services.forecasting.cuts.domain import WEEK
from services.forecasting.models import commands as models
from services.forecasting.prices import store
from services.forecasting.prices.domain import PriceAdvice, Priced, announce_price, decide, priced, read_told
from services.forecasting.series import commands as series
from shared.engine.transaction import Transaction
from shared.events.suggestions import PriceSuggested

Products = Sequence[tuple[str, str]]
"""SKU and currency."""


async def load_products(tx: Transaction, cut: date, history_weeks: int, most: int) -> tuple[Products, date, date]:
    """The `most` products that sold most, and the begin and end of the whole weeks before the cut that are known."""
    opening, end = await series.find_first_whole_week(tx), await series.find_whole_end(tx, cut)
    if opening is None or opening >= end:
        return [], end, end
    begin = max(opening, end - WEEK * history_weeks)
    return await series.load_sold_most(tx, begin, end, most), begin, end


async def load_priced(tx: Transaction, products: Products, begin: date, end: date) -> list[Priced]:
    """What these sold a week and for how much, with how they are described now."""
    known = await copies.load_products(tx, [sku for sku, _ in products])
    currencies = dict(products)
    weeks = await series.load_priced_weeks(tx, begin, end, products)
    return [priced(one, currencies[one.sku], known.get(one.sku)) for one in weeks]


async def find_standing(tx: Transaction) -> Sequence[str]:
    """The products of which something stands."""
    return await store.find_standing(tx)


async def tell(tx: Transaction, skus: Sequence[str], found: Sequence[PriceAdvice], cut: date) -> int:
    """Of these products keep what was found, tell what changed; how many were told. Nothing of a cut that is done or
    not the newest.
    """
    if not await cuts.is_open(tx, cut):
        return 0
    changed = decide(found, await store.load_told(tx, skus), cut)
    await store.save_told(tx, [*changed.told, *changed.kept], tx.now)
    await store.forget_untold(tx, changed.gone)
    tx.emit(announce_price(one, tx.now) for one in changed.told)
    return len(changed.told)


async def save_quality(tx: Transaction, products: int, quality: dict[str, float], cut: date) -> None:
    """What the elasticities of so many products are like."""
    if quality and await cuts.is_open(tx, cut):
        await models.save_model(tx, "prices", cut, {"products": products}, quality)


async def take_back(tx: Transaction, said: PriceSuggested) -> None:
    """After a restore: what our topic tells of a price."""
    await store.save_told(tx, [read_told(said)], said.recorded_at)
