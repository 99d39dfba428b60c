"""Durable timers: rows with a due time that fire once the watermarks of their own partition have passed it."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from shared.engine.ledger import EngineTransaction, Ledger
from shared.engine.parking import refusal_of
from shared.engine.subscription import Due, Subscription
from shared.events.ingest import INGEST
from shared.events.topics import CLOCKED, OWNERS


async def fire_due(
    subscription: Subscription,
    ledger: Ledger,
    name: str,
    watermarks: Mapping[int, datetime],
    limit: int,
    is_infrastructure: Callable[[Exception], bool],
) -> int:
    """Handle at most `limit` due timers in one transaction and return how many; 0 where none is due, or all are held.

    A timer whose handler refuses it is set aside with the reason, and the others fire. Raises infrastructure errors:
    nothing has happened then, and the same timers are due again.
    """
    handle, hold = subscription.timers[name], subscription.holds.get(name)
    try:
        async with ledger.transaction(subscription) as tx:
            if hold is not None and await hold(tx):
                return 0
            due = await _take_due(subscription, tx, name, watermarks, limit)
            if due:
                await handle(due, tx)
            return len(due)
    except Exception as error:
        if is_infrastructure(error):
            raise
    async with ledger.transaction(subscription) as tx:
        due = await _take_due(subscription, tx, name, watermarks, limit)
        for timer in due:
            await _fire_one(subscription, tx, name, timer, is_infrastructure)
        return len(due)


async def _take_due(
    subscription: Subscription, tx: EngineTransaction, name: str, watermarks: Mapping[int, datetime], limit: int
) -> Sequence[Due]:
    lock = subscription.locks_first.get(name)
    if lock is None:
        return await tx.take_due(name, watermarks, limit)
    found = await tx.find_due(name, watermarks, limit)
    if not found:
        return []
    await lock(tx, found)
    return await tx.take_due(name, watermarks, limit, found)  # some may have been moved, or cleared, meanwhile


async def _fire_one(
    subscription: Subscription,
    tx: EngineTransaction,
    name: str,
    timer: Due,
    is_infrastructure: Callable[[Exception], bool],
) -> None:
    try:
        async with tx.savepoint():
            await subscription.timers[name]([timer], tx)
    except Exception as error:
        if is_infrastructure(error):
            raise
        await tx.fail_timer(name, timer, refusal_of(error))


def due_partitions(earliest: Mapping[int, datetime], watermarks: Mapping[int, datetime]) -> dict[int, datetime]:
    return {p: watermarks[p] for p, due_at in earliest.items() if p in watermarks and due_at <= watermarks[p]}


def followed_topics(subscription: Subscription) -> frozenset[str]:
    """Topics whose watermarks go on while nothing comes: ours, and those that decide timers; none where none are asked
    for.
    """
    return frozenset(OWNERS).union(clocked_topics(subscription)) if subscription.follows_time else frozenset()


def clocked_topics(subscription: Subscription) -> list[str]:
    """Whose watermarks decide its timers: those of contacts that it hears, else crm.ingest."""
    heard = set(subscription.topics)
    return sorted(heard & CLOCKED) or sorted(heard & {INGEST})
