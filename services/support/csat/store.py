"""The tables of satisfaction, a typed function per statement."""

from collections.abc import Collection, Sequence
from datetime import datetime
from pathlib import Path
from uuid import UUID

from services.support.csat.domain.rating import Rating
from services.support.csat.schemas import Satisfaction
from services.support.tickets.domain.ticket import Ticket
from shared.engine.transaction import Transaction
from shared.events.consent import Statement
from shared.events.tickets import CsatAsked
from shared.sql import columns, load_queries

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


async def add_question(tx: Transaction, ticket: Ticket, question_id: UUID, now: datetime) -> bool:
    """False where the ticket's customer was asked."""
    return await tx.fetchval(SQL["add_question"], ticket.id, ticket.party_id, question_id, now) is not None


async def is_asked_of_part(tx: Transaction, ticket_id: UUID) -> bool:
    """Whether somebody was asked, or answered, about a ticket that goes on in this one."""
    return bool(await tx.fetchval(SQL["is_asked_of_part"], ticket_id))


async def take_back_question(tx: Transaction, said: CsatAsked) -> None:
    """Nothing where the ticket is not known, or its customer is known to have been asked."""
    await tx.execute(SQL["take_back_question"], said.ticket_id, said.party_id, said.question_id, said.recorded_at)


async def find_questions(tx: Transaction, parties: Collection[UUID]) -> list[UUID]:
    return [row["question_id"] for row in await tx.fetch(SQL["find_questions"], sorted(parties))]


async def add_statements(tx: Transaction, said: Sequence[tuple[UUID, Statement]]) -> int:
    """How many were not known."""
    rows = [(party, *statement) for party, statement in said]
    return len(await tx.fetch(SQL["add_statements"], *columns(rows)))


async def load_statements(tx: Transaction, parties: Collection[UUID]) -> list[Statement]:
    return [Statement(**row) for row in await tx.fetch(SQL["load_statements"], sorted(parties))]


def _row(rating: Rating) -> tuple[object, ...]:
    return rating.ticket_id, rating.value, rating.agent, rating.source, rating.answered_at
