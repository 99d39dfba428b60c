"""Reorder points as they are looked at, and suggested, at a cut."""

from collections.abc import Sequence
from datetime import date, timedelta

from services.forecasting.copies import commands as copies
from services.forecasting.cuts import commands as cuts
from services.forecasting.reorders import store
from services.forecasting.reorders.domain import (
    KNOWN_DAYS,
    ReorderAdvice,
    Stocked,
    announce_reorder,
    decide,
    read_told,
    stocked,
)
from services.forecasting.series import commands as series
from shared.engine.transaction import Transaction
from shared.events.suggestions import ReorderSuggested


async def load_stocked(tx: Transaction, skus: Sequence[str], end: date) -> list[Stocked]:
    """What these sold a day before `end`, with their stock and lead time as they are described now."""
    opening = await series.find_first_day(tx)
    if opening is None or opening >= end:
        return []
    known = await copies.load_products(tx, skus)
    days = await series.load_daily_units(tx, max(opening, end - timedelta(days=KNOWN_DAYS)), end, skus)
    return [stocked(sku, units, end, known.get(sku)) for sku, units in days.items()]


async def find_standing(tx: Transaction) -> Sequence[str]:
    """The products of which something stands."""
    return await store.find_standing(tx)


async def tell(tx: Transaction, skus: Sequence[str], found: Sequence[ReorderAdvice], cut: date) -> int:
    """Of these products keep what was found, tell what changed; how many were told. Nothing of a cut that is done or
    not the newest.
    """
    if not await cuts.is_open(tx, cut):
        return 0
    changed = decide(found, await store.load_told(tx, skus), cut)
    await store.save_told(tx, [*changed.told, *changed.kept], tx.now)
    await store.forget_untold(tx, changed.gone)
    tx.emit(announce_reorder(one, tx.now) for one in changed.told)
    return len(changed.told)


async def take_back(tx: Transaction, said: ReorderSuggested) -> None:
    """After a restore: what our topic tells of a reorder point."""
    await store.save_told(tx, [read_told(said)], said.recorded_at)
