"""What is read across the tables of marketing: the proof of follow-up, and messages with how far they came.

The audit reads a window of sales at a time: neither the memory nor the time of a statement grows with what is stored,
and no lock is held. Each window is of one moment, so every sale is counted once, as it was then.
"""

from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

from services.marketing.audit.schemas import AuditedSale, Message, UnconsentedMessage
from shared.engine.transaction import Transaction
from shared.sql import load_queries

SQL = load_queries(Path(__file__).with_name("queries.sql"))
_WINDOW = 100_000
"""Its counts take some 20 MB of the 32 that `prepare_audit` grants."""
_FIRST_WINDOW = 1_000
_EVER = datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)
MOST_LOOKED_AT = 200_000
"""Sales that one page of a list looks at, less than a second; what it did not find by then, the next page may."""


@dataclass(frozen=True, slots=True)
class Span:
    """Sales that occurred from `since` to before `until`, None: open."""

    since: datetime | None
    until: datetime | None


class Window(NamedTuple):
    """So many sales between two triggers, both included."""

    sales: int
    first: UUID
    last: UUID


class ListedMessage(NamedTuple):
    """A message and its place in the list: the newest trigger first."""

    message: Message
    position: tuple[datetime, UUID]


async def count_sales(tx: Transaction, span: Span) -> Counter[tuple[str, str | None]]:
    """Sales by outcome and reason. `tx` is in a transaction."""
    counts: Counter[tuple[str, str | None]] = Counter()
    async for window in _windows(tx, span, None, _WINDOW):
        for row in await tx.fetch(SQL["count_sales"], window.first, window.last, span.since, span.until):
            counts[row["outcome"], row["reason"]] += row["sales"]
    return counts


async def list_sales(
    tx: Transaction, span: Span, outcome: str, after: UUID | None, limit: int
) -> tuple[list[AuditedSale], UUID | None]:
    """Up to `limit` sales in one state after a trigger, in their order, and the trigger to go on after, if any.

    `tx` is in a transaction.
    """
    found: list[AuditedSale] = []
    looked_at = 0
    async for window in _windows(tx, span, after, _FIRST_WINDOW):
        if looked_at >= MOST_LOOKED_AT:
            return found, after
        bounds = window.first, window.last, span.since, span.until
        rows = await tx.fetch(SQL["list_sales"], *bounds, outcome, limit + 1 - len(found))
        found += [AuditedSale(**row) for row in rows]
        if len(found) > limit:
            return found[:limit], UUID(found[limit - 1].trigger_event_id)
        looked_at += window.sales
        after = window.last
    return found, None


async def _windows(tx: Transaction, span: Span, after: UUID | None, size: int) -> AsyncIterator[Window]:
    await tx.execute(SQL["prepare_audit"])
    while True:
        window = Window(**await tx.fetchrow(SQL["next_window"], after, size, span.since, span.until))
        if window.sales:
            yield window
        if window.sales < size:
            return
        after, size = window.last, min(size * 4, _WINDOW)


async def list_unconsented(tx: Transaction, span: Span, after: UUID | None, limit: int) -> list[UnconsentedMessage]:
    """Of triggers within the span."""
    since, until = span.since or _EVER[0], span.until or _EVER[1]
    rows = await tx.fetch(SQL["list_unconsented"], since, until, after, limit)
    return [UnconsentedMessage(**row) for row in rows]


async def list_messages(
    tx: Transaction,
    parties: Sequence[UUID] | None,
    trigger: UUID | None,
    outcome: str | None,
    after: tuple[datetime, UUID] | None,
    limit: int,
) -> list[ListedMessage]:
    rows = await tx.fetch(SQL["list_messages"], parties, trigger, outcome, *(after or (None, None)), limit)
    return [ListedMessage(_message(row), (row["triggered_at"], row["id"])) for row in rows]


async def find_message(tx: Transaction, message_id: UUID) -> Message | None:
    """None also for what stands for a sale that no follow-up campaign matched: it is no message."""
    row = await tx.fetchrow(SQL["find_message"], message_id)
    return _message(row) if row is not None and row["campaign"] is not None else None


def _message(row: Mapping[str, object]) -> Message:
    shown = {name: row[name] for name in Message.model_fields if name != "message_id"}
    message_id = row["id"] if row["campaign"] is not None else None
    return Message.model_validate({**shown, "message_id": message_id})
