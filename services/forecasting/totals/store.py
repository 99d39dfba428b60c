"""Sales added up by whatever is asked; the one place where their sums are read for people."""

from datetime import date
from pathlib import Path

import asyncpg

from services.forecasting.series.domain import NO_DEPARTMENT
from services.forecasting.totals.domain import BETWEEN, Asked
from services.forecasting.totals.schemas import TotalView
from shared.engine.transaction import Transaction
from shared.errors import Invalid
from shared.sql import load_queries

SQL = load_queries(Path(__file__).with_name("queries.sql"))


async def sum_sales(
    tx: Transaction, asked: Asked, begin: date, until: date, after: tuple[str, str], limit: int
) -> list[TotalView]:
    """Within [begin, until), by key and currency, after that position. Needs a transaction. Raises Invalid."""
    await tx.execute(SQL["prepare_sums"])
    filters = asked.sku, asked.category, asked.channel, asked.currency, asked.store, asked.segment
    try:
        rows = await tx.fetch(
            SQL["sum_sales"],
            *(asked.source, asked.by, begin, until, asked.zone, asked.depth, asked.whole, asked.margin),
            *filters,
            *(BETWEEN, NO_DEPARTMENT),
            *after,
            limit,
        )
    except asyncpg.InvalidParameterValueError as error:  # the database's zones may be older than Python's
        raise Invalid("the database knows no time zone of this name", field="query.zone") from error
    return [TotalView.model_validate(dict(row)) for row in rows]
