"""The table of satisfaction, a typed function per statement."""

from datetime import datetime
from pathlib import Path
from uuid import UUID

from services.support.csat.domain.rating import Rating
from services.support.csat.schemas import Satisfaction
from shared.engine.transaction import Transaction
from shared.sql import load_queries

SQL = load_queries(Path(__file__).with_name("queries.sql"))


async def add_rating(tx: Transaction, rating: Rating, now: datetime) -> bool:
    """False where the ticket has an answer."""
    return await tx.fetchval(SQL["add_rating"], *_row(rating), now) is not None


async def take_back_rating(tx: Transaction, rating: Rating, now: datetime) -> None:
    """Nothing where the ticket is not known, or has an answer."""
    await tx.execute(SQL["take_back_rating"], *_row(rating), now)


async def find_rating(tx: Transaction, ticket_id: UUID) -> Satisfaction | None:
    row = await tx.fetchrow(SQL["find_rating"], ticket_id)
    return None if row is None else Satisfaction(**row)


def _row(rating: Rating) -> tuple[object, ...]:
    return rating.ticket_id, rating.value, rating.agent, rating.source, rating.answered_at
