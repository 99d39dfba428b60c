"""A table for each month of messages, opened before the month begins."""

import asyncio
from datetime import date

import asyncpg
import structlog

from services.marketing.store import SQL
from shared.engine.service import Service

log = structlog.get_logger()
_AHEAD = 3
_LOOK_S = 2.0


async def open_months(service: Service) -> None:
    """Keep this month and the next ones open. Messages of other months lie in the default table and are found there."""
    opened: set[date] = set()
    while True:
        for month in months_from(service.now().date()):
            if month not in opened and await _open(service, month):
                opened.add(month)
        await asyncio.sleep(_LOOK_S)


def months_from(day: date) -> list[date]:
    """The first days of the month of `day` and of those after it."""
    whole = day.year * 12 + day.month - 1
    return [date((whole + ahead) // 12, (whole + ahead) % 12 + 1, 1) for ahead in range(_AHEAD)]


async def _open(service: Service, month: date) -> bool:
    """False where the tables are too busy at the moment; until it succeeds the default table does as well."""
    try:
        async with service.read() as tx:
            new = await tx.fetchval(SQL["open_message_month"], month)
    except asyncpg.LockNotAvailableError:
        return False
    except asyncpg.DuplicateTableError:
        new = False  # another instance was quicker
    log.info("message_month_opened", month=month.isoformat(), new=new)
    return True
