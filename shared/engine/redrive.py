"""What an operator does about parked records and stopped partitions. Each act leaves a line."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

import asyncpg

from shared import clock
from shared.engine.actions import record_action
from shared.engine.decode import Decoded, decode
from shared.engine.ledger import EngineTransaction, Ledger, ParkedRecord, Place, Refusal
from shared.engine.parking import BEHIND, refusal_of
from shared.engine.postgres import SQL, PostgresLedger, PostgresTransaction, is_infrastructure
from shared.engine.rows import parked_of
from shared.engine.subscription import Subscription
from shared.errors import BadRecord, NotFound
from shared.events.topics import OWNERS


@dataclass(frozen=True, slots=True)
class Redriven:
    """How many records were applied, and why one was not: that one goes on holding its key, or waits alone.

    `reason` None: nothing of what was asked for waits any more.
    """

    applied: int
    reason: str | None = None
    detail: str = ""


async def find_parked(tx: PostgresTransaction, parked_id: int) -> ParkedRecord:
    row = await tx.fetchrow(SQL["take_parked_by_id"], parked_id)
    if row is None:
        raise NotFound(f"nothing is parked under {parked_id}")
    return parked_of(row)


async def redrive(
    subscription: Subscription,
    ledger: Ledger,
    first: ParkedRecord,
    is_infrastructure: Callable[[Exception], bool] = is_infrastructure,
) -> Redriven:
    """Apply a parked record and, where it holds them, the later ones of its key by offset, each in a transaction of
    its own, with the usual handler.

    Stops at the first that is refused and holds its key; one that is refused alone stays parked alone. While one is
    applied the fence is locked, so that a record that arrives meanwhile parks behind or comes after.
    """
    applied, tried, refused = 0, 0, Redriven(0)
    waiting = first
    while True:
        try:
            async with ledger.transaction(subscription) as tx:
                found = await _next(tx, first, tried)
                if found is None:
                    return Redriven(applied, refused.reason, refused.detail)
                waiting = found
                await _apply(subscription, tx, waiting)
        except Exception as error:
            if is_infrastructure(error):
                raise
            refusal = refusal_of(error, first.record.topic)
            await _describe(subscription, ledger, waiting, refusal)
            refused = Redriven(applied, refusal.reason, refusal.detail)
            if refusal.holds:
                return refused
        else:
            applied += 1
        tried += 1


async def _next(tx: EngineTransaction, first: ParkedRecord, tried: int) -> ParkedRecord | None:
    record = first.record
    await tx.lock_fences([(record.topic, record.partition)])
    if record.key and first.refusal.holds:
        return next(iter(await tx.take_parked(record.topic, record.key, 1)), None)
    return None if tried else first


async def _apply(subscription: Subscription, tx: EngineTransaction, parked: ParkedRecord) -> None:
    record = parked.record
    if not await _release(tx, parked):
        return
    decoded = decode(record, subscription.topics[record.topic], clock.now(), stream=False)
    if decoded.refusal is not None:
        raise BadRecord(decoded.refusal.reason, decoded.refusal.detail)
    action = await handle_once(subscription, tx, decoded, parked.handled_at)
    await tx.record_action(action, _subject(subscription, parked), parked.refusal.reason)


async def handle_once(subscription: Subscription, tx: EngineTransaction, decoded: Decoded, now: datetime) -> str:
    """Handle a decoded record and return the action for the audit line.

    It is left out where a record was applied under its id meanwhile: a corrected one, or the same sent again.
    """
    record = decoded.record
    if record.topic not in OWNERS and not await tx.admit([(decoded.source, decoded.id)]):
        return "redrive-repeated"
    if decoded.event is not None:
        decoded.event.now = now
        await subscription.topics[record.topic].handle([decoded.event], tx)
        tx.tell([decoded.event])
    return "redrive"


async def _describe(subscription: Subscription, ledger: Ledger, parked: ParkedRecord, refusal: Refusal) -> None:
    # What was parked alone stays alone.
    async with ledger.transaction(subscription) as tx:
        await tx.lock_fences([(parked.record.topic, parked.record.partition)])
        await tx.describe_parked(parked, replace(refusal, holds=refusal.holds and parked.refusal.holds))


async def _release(tx: EngineTransaction, parked: ParkedRecord) -> bool:
    """Delete a parked record and count it out of its fence, which stays locked; False where it is gone already."""
    place = (parked.record.topic, parked.record.partition)
    fence = (await tx.lock_fences([place]))[place]
    if not await tx.release(parked):
        return False
    fence.parked -= 1
    await tx.save_fences({place: fence})
    return True


async def replace_value(subscription: Subscription, ledger: PostgresLedger, parked: ParkedRecord, value: bytes) -> None:
    """Replace a parked record's value; the sender's is kept beside it."""
    async with ledger.transaction(subscription) as tx:
        await tx.execute(SQL["replace_parked"], parked.id, value)
        await tx.record_action("replace", _subject(subscription, parked), parked.refusal.reason)


async def drop(subscription: Subscription, ledger: Ledger, parked: ParkedRecord, reason: str) -> None:
    """Give a parked record up; the caller then redrives the later ones of its key."""
    async with ledger.transaction(subscription) as tx:
        if not await _release(tx, parked):
            raise NotFound(f"nothing is parked under {parked.id} any more")
        await tx.record_action("drop", _subject(subscription, parked), reason)


async def accept_loss(
    connection: asyncpg.Connection, group: str, place: Place, beginning: int | None, reason: str
) -> int:
    """Let a stopped partition go on: the next record is taken as its group's first. `beginning` moves the fence to a
    log's start, where the log was truncated or recreated. Returns the offset it goes on at; raises NotFound.
    """
    async with connection.transaction():
        offset = await connection.fetchval(SQL["accept_loss"], group, *place, beginning)
        if offset is None:
            raise NotFound(f"{group} is not stopped at {place[0]}/{place[1]}")
        subject = {"group": group, "topic": place[0], "partition": place[1], "goes_on_at": offset}
        await record_action(connection, "accept-loss", subject, reason)
    return int(offset)


async def skip(connection: asyncpg.Connection, group: str, place: Place, first: int, last: int, reason: str) -> None:
    """Pass over exactly these offsets, where the fence stands before the first of them; raises NotFound."""
    async with connection.transaction():
        if await connection.fetchval(SQL["skip_offsets"], group, *place, first, last) is None:
            raise NotFound(f"{group} does not stand at offset {first} of {place[0]}/{place[1]}, or is stopped there")
        subject = {"group": group, "topic": place[0], "partition": place[1], "first": first, "last": last}
        await record_action(connection, "skip", subject, reason)


def _subject(subscription: Subscription, parked: ParkedRecord) -> dict[str, object]:
    """Which record it was, without its key: on outside topics a key is the sender's and may be personal."""
    record = parked.record
    place: dict[str, object] = {"group": subscription.group, "topic": record.topic, "partition": record.partition}
    return {**place, "offset": record.offset, "behind": parked.refusal.reason == BEHIND}
