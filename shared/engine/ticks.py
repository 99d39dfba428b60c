"""The stream's clock, passed on: a tick leaves once everything before it has been handled on every partition."""

from datetime import datetime
from uuid import UUID

import asyncpg

from shared.engine.event import Emission
from shared.engine.outbox import Tick
from shared.engine.partitions import PARTITIONS
from shared.engine.postgres import SQL, PostgresLedger, PostgresTransaction
from shared.engine.subscription import Subscription
from shared.ids import dated_id


async def pass_ticks(subscription: Subscription, ledger: PostgresLedger, source_topic: str) -> datetime | None:
    """Emit the lowest tick that every partition of `source_topic` has passed, into every partition of the topics that
    this subscription passes the clock to; None where it has been passed already.

    The clock's row is locked meanwhile. Facts before the tick have been committed: they stand before it in the outbox.
    """
    async with ledger.transaction(subscription) as tx:
        if not await tx.fetchval(SQL["awaits_tick"], subscription.group, source_topic, PARTITIONS):
            return None
        row = await tx.fetchrow(SQL["lock_clock"], subscription.group)
        if row is None:
            await tx.execute(SQL["ensure_clock"], subscription.group)
            row = await tx.fetchrow(SQL["lock_clock"], subscription.group)
        lowest = await lowest_watermark(tx, subscription.group, source_topic)
        if lowest is None or (row["passed"] is not None and lowest <= row["passed"]):
            return None
        await tx.execute(SQL["pass_clock"], subscription.group, lowest)
        tx.emit(
            Emission(Tick(topic, lowest), lowest, None, _tick_id(topic, partition, lowest), partition)
            for topic in subscription.passes_clock_to
            for partition in range(PARTITIONS)
        )
        return lowest


async def lowest_watermark(connection: PostgresTransaction | asyncpg.Pool, group: str, topic: str) -> datetime | None:
    """Up to when the group has handled every partition of the topic; None as long as one has not begun."""
    lowest: datetime | None = await connection.fetchval(SQL["lowest_watermark"], group, topic, PARTITIONS)
    return lowest


def _tick_id(topic: str, partition: int, tick: datetime) -> UUID:
    # A tick that is passed on again after a restore is the same event.
    return dated_id(int(tick.timestamp() * 1000), "tick", topic, partition, tick)
