"""A table for each month of a partitioned one, opened before the month begins."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime
from time import monotonic

import asyncpg
import structlog

from shared.engine.service import Service
from shared.engine.transaction import Transaction

log = structlog.get_logger()
_AHEAD = 3
_LOOK_S = 2.0
_FIRST, _LAST = datetime(1, 1, 2, tzinfo=UTC), datetime(9999, 12, 30, tzinfo=UTC)
_REMEMBERED_S = 5


class Months:
    """The months that hold rows, so that a reading leaves the other tables alone.

    `statement` gives `first`, `until` (both null where there are no rows) and whether rows lie `outside` of them. Its
    answer takes in some months ahead, and it is asked again after five seconds: a new month is never overlooked, unless
    a replayed clock runs through half a year in that time.
    """

    def __init__(self, statement: str) -> None:
        self._statement = statement
        self._bounds = (_FIRST, _LAST)
        self._until = 0.0

    async def bounds(self, tx: Transaction) -> tuple[datetime, datetime]:
        """From (inclusive) and until (exclusive)."""
        if monotonic() > self._until:
            row = await tx.fetchrow(self._statement)
            known = row["first"] is not None and not row["outside"]
            self._bounds = (row["first"], row["until"]) if known else (_FIRST, _LAST)
            self._until = monotonic() + _REMEMBERED_S
        return self._bounds


def opening_months(statement: str) -> Callable[[Service], Awaitable[None]]:
    """A worker that keeps this month and the next ones open; rows of other months lie in the default table.

    `statement` takes the first day of a month and says whether it opened it; it calls a function of the owner, since
    the service's role makes no tables.
    """

    async def open_months(service: Service) -> None:
        opened: set[date] = set()
        while True:
            for month in months_from(service.now().date()):
                if month not in opened and await _open(service, statement, month):
                    opened.add(month)
            await asyncio.sleep(_LOOK_S)

    return open_months


def months_from(day: date) -> list[date]:
    whole = day.year * 12 + day.month - 1
    return [date((whole + ahead) // 12, (whole + ahead) % 12 + 1, 1) for ahead in range(_AHEAD)]


async def _open(service: Service, statement: str, month: date) -> bool:
    """False where the tables are too busy now; rows of the month go into the default table until it succeeds."""
    try:
        async with service.read() as tx:
            new = await tx.fetchval(statement, month)
    except asyncpg.LockNotAvailableError:
        return False
    except asyncpg.DuplicateTableError:
        new = False  # another instance was quicker
    log.info("month_opened", service=service.name, month=month.isoformat(), new=new)
    return True
