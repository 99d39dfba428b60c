"""Trends as they are detected at a cut, and cleared when they are over."""

from asyncio import to_thread
from collections.abc import Mapping, Sequence
from datetime import date

from services.forecasting.cuts import commands as cuts
from services.forecasting.cuts.domain import WEEK
from services.forecasting.series import commands as series
from services.forecasting.series.domain import basket_share
from services.forecasting.trends import store
from services.forecasting.trends.domain import (
    FEWEST_UNITS,
    LONGEST,
    PRODUCT_WEEKS,
    WEEKS,
    Cleared,
    Found,
    Trend,
    Watched,
    announce_cleared,
    announce_detected,
    decide,
)
from shared.engine.transaction import Transaction
from shared.events.insights import TrendCleared, TrendDetected


async def load_watched(tx: Transaction, cut: date, history_weeks: int, most: int) -> tuple[Watched, date]:
    """What is looked at, of the whole weeks before the cut, and their end; at most `most` series of each kind."""
    opening, end = await series.find_first_whole_week(tx), await series.find_whole_end(tx, cut)
    if opening is None or opening >= end:
        return Watched({}, {}, {}), end
    begin = max(opening, end - WEEK * max(history_weeks, WEEKS))
    sold, _ = await series.load_department_weeks(tx, begin, end, most)
    lines = await series.load_department_lines(tx, begin, end, most)
    product_begin = end - WEEK * PRODUCT_WEEKS
    units: Mapping[str, Sequence[float]] = {}
    if opening <= product_begin:
        known = await series.load_product_weeks(tx, product_begin, end, FEWEST_UNITS, most)
        year_before = product_begin - WEEK * WEEKS
        units = await series.load_weeks_of_products(tx, max(opening, year_before), end, list(known))
    return (
        Watched(
            {one.id: weeks.values for one, weeks in sold.items()},
            {basket_share(name): weeks.values for name, weeks in lines.items()},
            units,
        ),
        end,
    )


async def decide_on(tx: Transaction, found: Found, end: date, cut: date) -> tuple[list[Trend], list[Cleared]]:
    """What is news, and what is over; beside the loop, for both may be thousands."""
    told = await store.load_open(tx)
    lately = await store.load_lately(tx, end - WEEK * LONGEST * 2)
    return await to_thread(decide, found, told, lately, end, cut)


async def detect(tx: Transaction, news: Sequence[Trend], cut: date) -> int:
    """Tell of each once; how many are new. Nothing of a cut that is done or not the newest."""
    if not await cuts.is_open(tx, cut):
        return 0
    new = await store.add_trends(tx, news, tx.now)
    tx.emit(announce_detected(one, tx.now) for one in news if one.trend_id in new)
    return len(new)


async def clear(tx: Transaction, over: Sequence[Cleared], cut: date) -> int:
    """Tell of each once; how many were open. Nothing of a cut that is done or not the newest."""
    if not await cuts.is_open(tx, cut):
        return 0
    done = await store.clear_trends(tx, [(one.trend.trend_id, one.because) for one in over], tx.now)
    tx.emit(announce_cleared(one, tx.now) for one in over if one.trend.trend_id in done)
    return len(done)


async def take_back(tx: Transaction, told: TrendDetected | TrendCleared) -> None:
    """After a restore: what our topic tells of a trend."""
    if isinstance(told, TrendCleared):
        await store.clear_trends(tx, [(told.trend_id, told.because)], told.recorded_at)
        return
    trend = Trend(
        told.trend_id,
        told.kind,
        told.series,
        told.since.date(),
        told.change,
        told.chance,
        told.as_of.date(),
        tuple(told.contributions),
        told.sku,
    )
    await store.add_trends(tx, [trend], told.recorded_at, told.model)
