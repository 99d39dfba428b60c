"""What HTTP reads: JSON that Postgres builds, passed on as it is."""

from collections.abc import Sequence
from datetime import UTC, datetime
from time import monotonic
from typing import Any, NamedTuple
from uuid import UUID

from services.contacts.store import SQL
from shared.engine.transaction import Transaction

_FIRST, _LAST = datetime(1, 1, 2, tzinfo=UTC), datetime(9999, 12, 30, tzinfo=UTC)
_BEYOND = UUID(int=2**128 - 1)
_REMEMBERED_S = 5


class Place(NamedTuple):
    """Where a line stands in its party's timeline."""

    occurred_at: datetime
    recorded_at: datetime
    event_id: str


NEWEST = Place(_LAST, _LAST, "")


class Months:
    """The months of `recorded_at` that hold lines, so that a reading leaves the other partitions alone.

    Some months ahead are taken in, and it is looked up again after five seconds: a new month is never overlooked,
    unless a replayed clock runs through half a year in that time.
    """

    def __init__(self) -> None:
        self._bounds = (_FIRST, _LAST)
        self._until = 0.0

    async def bounds(self, tx: Transaction) -> tuple[datetime, datetime]:
        """From, and until but not with."""
        if monotonic() > self._until:
            row = await tx.fetchrow(SQL["months_in_use"])
            known = row["first"] is not None and not row["outside"]
            self._bounds = (row["first"], row["until"]) if known else (_FIRST, _LAST)
            self._until = monotonic() + _REMEMBERED_S
        return self._bounds


async def view_party(tx: Transaction, months: Months, party_id: UUID) -> tuple[int, str] | None:
    """The version and the 360 view, or None where there is no such party."""
    row = await tx.fetchrow(SQL["view_party"], party_id, *await months.bounds(tx))
    return None if row is None else (row["version"], row["body"])


async def read_lines(
    tx: Transaction, months: Months, party_id: UUID, before: Place, types: Sequence[str] | None, limit: int
) -> Sequence[Any]:
    """Lines with `occurred_at`, `recorded_at`, `event_id` and `body`, newest first."""
    bounds = await months.bounds(tx)
    return await tx.fetch(SQL["read_lines"], party_id, *bounds, *before, types, limit)


async def list_parties(tx: Transaction, before: UUID | None, limit: int) -> Sequence[Any]:
    """`id` and `body`, newest first."""
    return await tx.fetch(SQL["list_parties"], before or _BEYOND, limit)


async def find_by_identity(tx: Transaction, values: Sequence[str], limit: int) -> Sequence[Any]:
    """`body` of who has one of these normalised values, newest first."""
    return await tx.fetch(SQL["find_by_identity"], values, limit)


async def find_by_name(tx: Transaction, prefix: str, after: tuple[str, UUID] | None, limit: int) -> Sequence[Any]:
    """`id`, `place` and `body` of whose name begins so, by name."""
    return await tx.fetch(SQL["find_by_name"], prefix, *(after or ("", UUID(int=0))), limit)


async def load_texts(tx: Transaction, event_id: UUID) -> Sequence[Any]:
    return await tx.fetch(SQL["load_texts"], event_id)


async def exists(tx: Transaction, party_id: UUID) -> bool:
    return bool(await tx.fetchval(SQL["party_exists"], party_id))
