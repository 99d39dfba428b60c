"""Figures of tickets by sums that are kept, and warnings where those get out of hand."""

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from uuid import UUID

from services.support.routing.domain.choice import queue_of
from services.support.settings import Context
from services.support.stats import store
from services.support.stats.commands.figures import figures_of
from services.support.stats.domain.counting import Counted, Place, differences, follow, product_of
from services.support.stats.domain.warning import (
    GROWTH_DAYS,
    LOOKS_AGAIN,
    PRODUCT_DAYS,
    USUAL_DAYS,
    About,
    Kind,
    Level,
    Warned,
    announce_cleared,
    announce_raised,
    is_over,
    is_too_much,
)
from services.support.stats.schemas import DeskWarning, StatsView
from services.support.stats.store import Asked
from shared.engine.event import Event
from shared.engine.partitions import partition_of
from shared.engine.transaction import Transaction
from shared.events.tickets import DeskWarningCleared, DeskWarningRaised
from shared.ids import new_id

TIMER = "desk warnings"


async def count(tx: Transaction, events: Sequence[Event[Counted]]) -> set[About]:
    """Count these tickets anew; what may have got out of hand, or back, by that. An event again changes nothing."""
    context: Context = tx.context
    before = await store.lock_rows(tx, {event.data.ticket_id for event in events})
    after = dict(before)
    for event in events:
        id_ = event.data.ticket_id
        after[id_] = follow(after[id_], event, lambda skills: queue_of(skills, context.queues).name)
    changed = [(before[id_], row) for id_, row in after.items() if row != before[id_]]
    if not changed:
        return set()
    await store.save_rows(tx, [row for _, row in changed])
    tickets: Counter[Place] = Counter()
    seconds: Counter[Place] = Counter()
    products: Counter[tuple[Any, str, str]] = Counter()
    for known, row in changed:
        for place, (more, longer) in differences(known, row).items():
            tickets[place] += more
            seconds[place] += longer
        for sign, each in ((1, product_of(row)), (-1, product_of(known))):
            if each is not None:
                products[each] += sign
    await store.add_to_sums(tx, {each: (tickets[each], seconds[each]) for each in tickets})
    await store.add_to_products(tx, {each: more for each, more in products.items() if more})
    queues = {place.queue for place in tickets if place.queue}
    about = {About("slack_short", queue) for queue in queues} | {About("backlog_growing", queue) for queue in queues}
    return about | {About("similar_tickets", sku, category) for _, sku, category in products}


async def judge(tx: Transaction, about: Collection[About], now: datetime) -> int:
    """Raise what got out of hand, once, and clear what is over; how much of both."""
    levels = await _levels(tx, about, now)
    standing = await store.lock_warnings(tx, about)
    told = 0
    for each in sorted(about):
        level, known = levels[each], standing.get(each)
        if known is not None and is_over(each, level):
            await store.clear_warning(tx, known.id, now)
            await tx.clear_timers(TIMER, [known.id])
            tx.emit([announce_cleared(known, level, now)])
            told += 1
        elif known is None and is_too_much(each, level):
            raised = Warned(new_id(), each, level, now)
            if await store.add_warning(tx, raised):
                await look_again(tx, [raised.id], now)
                tx.emit([announce_raised(raised)])
                told += 1
    return told


async def lock_warnings(tx: Transaction, ids: Collection[UUID]) -> None:
    await store.lock_open_warnings(tx, ids)


async def judge_again(tx: Transaction, ids: Collection[UUID], now: datetime) -> int:
    """Whether these warnings are over by now; what is not is looked at again later."""
    found = await store.find_warnings(tx, ids)
    told = await judge(tx, {each.about for each in found}, now)
    await look_again(tx, [each.id for each in await store.find_warnings(tx, ids)], now)
    return told


async def look_again(tx: Transaction, ids: Sequence[UUID], now: datetime) -> None:
    await tx.set_timers(TIMER, [(id_, partition_of(str(id_)), now + LOOKS_AGAIN) for id_ in ids])


async def _levels(tx: Transaction, about: Collection[About], now: datetime) -> dict[About, Level]:
    today = now.astimezone(UTC).date()
    found = dict.fromkeys(about, Level(0, 0))
    queues = {each.about for each in about if each.kind != "similar_tickets"}
    for level in await store.load_queue_levels(tx, queues, today - timedelta(days=GROWTH_DAYS - 1)) if queues else ():
        found[About("slack_short", level.queue)] = Level(level.short, level.open)
        found[About("backlog_growing", level.queue)] = Level(max(0, level.grown), max(0, level.open - level.grown))
    products = sorted((each.about, each.category) for each in about if each.kind == "similar_tickets")
    since = today - timedelta(days=PRODUCT_DAYS - 1)
    counted = await store.load_product_levels(tx, products, since, since - timedelta(days=USUAL_DAYS))
    for (sku, category), (recent, before) in counted.items():
        found[About("similar_tickets", sku, category)] = Level(recent, round(before * PRODUCT_DAYS / USUAL_DAYS))
    return found


async def read_stats(tx: Transaction, asked: Asked) -> StatsView:
    items = figures_of(await store.load_sums(tx, asked), asked.by)
    return StatsView(since=asked.since, until=asked.until, by=asked.by, items=items)


async def list_warnings(
    tx: Transaction, before: tuple[datetime, UUID], limit: int, *, cleared: bool
) -> list[DeskWarning]:
    return await store.list_warnings(tx, before, limit, cleared=cleared)


async def take_back(tx: Transaction, data: DeskWarningRaised | DeskWarningCleared) -> None:
    """After a restore: a warning as the topic tells it."""
    if isinstance(data, DeskWarningCleared):
        await store.clear_warning(tx, data.warning_id, data.recorded_at)
        return
    about = About(cast("Kind", data.kind), data.about, data.category or "")
    await store.take_back_warning(
        tx, Warned(data.warning_id, about, Level(data.observed, data.usual), data.recorded_at)
    )
    await look_again(tx, [data.warning_id], data.recorded_at)
