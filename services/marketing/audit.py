"""The proof of follow-up: each sale in one of six states, read a window of sales at a time.

Neither the memory nor the time of a statement grows with what is stored, and no lock is held. Each window is of one
moment, so every sale is counted once, as it was then.
"""

from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from services.marketing.store import SQL
from shared.engine.transaction import Transaction

_WINDOW = 100_000
"""Its counts take some 20 MB of the 32 that `prepare_audit` grants."""
_FIRST_WINDOW = 1_000
MOST_LOOKED_AT = 200_000
"""Sales that one page of a list looks at, less than a second; what it did not find by then, the next page may."""


@dataclass(frozen=True, slots=True)
class Span:
    """Sales that occurred from `since` to before `until`, None: open."""

    since: datetime | None
    until: datetime | None


async def count(tx: Transaction, span: Span) -> Counter[tuple[str, str | None]]:
    """Sales by outcome and reason. `tx` is in a transaction."""
    counts: Counter[tuple[str, str | None]] = Counter()
    async for window in _windows(tx, span, None, _WINDOW):
        for row in await tx.fetch(SQL["count_audit"], window["first"], window["last"], span.since, span.until):
            counts[row["outcome"], row["reason"]] += row["sales"]
    return counts


async def find(
    tx: Transaction, span: Span, outcome: str, after: UUID | None, limit: int
) -> tuple[list[Any], UUID | None]:
    """Up to `limit` sales in one state after a trigger, in their order, and the trigger to go on after, if any.

    `tx` is in a transaction.
    """
    found: list[Any] = []
    looked_at = 0
    async for window in _windows(tx, span, after, _FIRST_WINDOW):
        if looked_at >= MOST_LOOKED_AT:
            return found, after
        bounds = window["first"], window["last"], span.since, span.until
        found += await tx.fetch(SQL["list_audit"], *bounds, outcome, limit + 1 - len(found))
        if len(found) > limit:
            return found[:limit], UUID(found[limit - 1]["trigger_event_id"])
        looked_at += window["sales"]
        after = window["last"]
    return found, None


async def _windows(tx: Transaction, span: Span, after: UUID | None, size: int) -> AsyncIterator[Any]:
    """The sales after a trigger in windows that grow up to the largest; the last one may be small."""
    await tx.execute(SQL["prepare_audit"])
    while True:
        window = await tx.fetchrow(SQL["audit_window"], after, size, span.since, span.until)
        if window["sales"]:
            yield window
        if window["sales"] < size:
            return
        after, size = window["last"], min(size * 4, _WINDOW)
