"""What an operator does about records that nobody could read: they are repaired and applied, or given up."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from shared import clock
from shared.engine.decode import decode
from shared.engine.event import Record
from shared.engine.parking import BEHIND, refusal_of
from shared.engine.postgres import SQL, PostgresLedger, PostgresTransaction, is_infrastructure
from shared.engine.redrive import Redriven, handle_once
from shared.engine.rows import headers_json, record_of
from shared.engine.subscription import Subscription
from shared.errors import BadRecord, NotFound


@dataclass(frozen=True, slots=True)
class QuarantinedRecord:
    """A record as it came, or as an operator repaired it."""

    id: int
    group: str
    record: Record
    reason: str
    quarantined_at: datetime


async def find_quarantined(tx: PostgresTransaction, quarantine_id: int) -> QuarantinedRecord:
    row = await tx.fetchrow(SQL["read_quarantine"], quarantine_id)
    if row is None:
        raise NotFound(f"nothing is in quarantine under {quarantine_id}")
    return QuarantinedRecord(row["id"], row["group_id"], record_of(row), row["reason"], row["quarantined_at"])


async def repair_quarantined(
    subscription: Subscription,
    ledger: PostgresLedger,
    found: QuarantinedRecord,
    value: bytes | None,
    headers: Mapping[str, bytes],
) -> None:
    """Replace the value where one is given, and the headers of these names."""
    if value is None and not headers:
        return
    kept = [(name, old) for name, old in found.record.headers if name not in headers]
    stored = headers_json([*kept, *headers.items()]) if headers else None
    async with ledger.transaction(subscription) as tx:
        await tx.execute(SQL["repair_quarantined"], found.id, value, stored)
        await tx.record_action("replace", _subject(found), found.reason)


async def redrive_quarantined(subscription: Subscription, ledger: PostgresLedger, found: QuarantinedRecord) -> Redriven:
    """Apply the record as if it came now, with the usual handler. Where it is refused it stays, under the new reason.

    A key that is held by parked records has to be freed first: what comes later may not overtake them.
    """
    try:
        async with ledger.transaction(subscription) as tx:
            await _apply(subscription, tx, found)
    except NotFound:
        raise
    except Exception as error:
        if is_infrastructure(error):
            raise
        refusal = refusal_of(error, found.record.topic)
        if refusal.reason != BEHIND:
            async with ledger.transaction(subscription) as tx:
                await tx.execute(SQL["describe_quarantined"], found.id, refusal.reason)
        return Redriven(0, refusal.reason, refusal.detail)
    return Redriven(1)


async def _apply(subscription: Subscription, tx: PostgresTransaction, found: QuarantinedRecord) -> None:
    record = found.record
    await tx.lock_fences([(record.topic, record.partition)])
    if await tx.fetchval(SQL["release_quarantined"], found.id) is None:
        raise NotFound(f"nothing is in quarantine under {found.id} any more")
    if record.key and await tx.held_keys(record.topic, [record.key]):
        raise BadRecord(BEHIND, "parked records hold its key: redrive them first")
    decoded = decode(record, subscription.topics[record.topic], clock.now(), stream=False)
    if decoded.refusal is not None:
        raise BadRecord(decoded.refusal.reason, decoded.refusal.detail)
    action = await handle_once(subscription, tx, decoded, tx.now)
    await tx.record_action(action, _subject(found), found.reason)


async def drop_quarantined(
    subscription: Subscription, ledger: PostgresLedger, found: QuarantinedRecord, reason: str
) -> None:
    """Raises NotFound where it is gone already."""
    async with ledger.transaction(subscription) as tx:
        if await tx.fetchval(SQL["release_quarantined"], found.id) is None:
            raise NotFound(f"nothing is in quarantine under {found.id} any more")
        await tx.record_action("drop", _subject(found), reason)


def _subject(found: QuarantinedRecord) -> dict[str, object]:
    record = found.record
    place = {"group": found.group, "topic": record.topic, "partition": record.partition, "offset": record.offset}
    return {**place, "quarantined": True}
