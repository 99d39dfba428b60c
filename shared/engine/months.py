"""A table for each month of a partitioned one, opened before the month begins."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import date

import asyncpg
import structlog

from shared.engine.service import Service

log = structlog.get_logger()
_AHEAD = 3
_LOOK_S = 2.0


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
    """The first days of the month of `day` and of those after it."""
    whole = day.year * 12 + day.month - 1
    return [date((whole + ahead) // 12, (whole + ahead) % 12 + 1, 1) for ahead in range(_AHEAD)]


async def _open(service: Service, statement: str, month: date) -> bool:
    """False where the tables are too busy at the moment; until it succeeds the default table does as well."""
    try:
        async with service.read() as tx:
            new = await tx.fetchval(statement, month)
    except asyncpg.LockNotAvailableError:
        return False
    except asyncpg.DuplicateTableError:
        new = False  # another instance was quicker
    log.info("month_opened", service=service.name, month=month.isoformat(), new=new)
    return True
