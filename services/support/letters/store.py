"""Agents' replies on their way, a typed function per statement."""

from collections.abc import Collection
from datetime import datetime
from pathlib import Path
from uuid import UUID

import asyncpg

from services.support.letters.domain.letter import Draft
from shared.engine.transaction import Transaction
from shared.events.tickets import LetterOutcome, TicketReplySettled
from shared.sql import load_queries

SQL = load_queries(Path(__file__).with_name("queries.sql"))
FORMER = UUID(int=0)


async def add_letter(tx: Transaction, draft: Draft, outcome: LetterOutcome | None) -> None:
    await tx.execute(
        SQL["add_letter"],
        draft.reply_id,
        draft.ticket_id,
        draft.party_id,
        draft.request_event_id,
        draft.address,
        draft.subject,
        draft.body,
        list(draft.follows),
        draft.written_at,
        outcome,
    )


async def begin_letters(tx: Transaction, owner: UUID, limit: int) -> list[Draft]:
    return [Draft(**row) for row in await tx.fetch(SQL["begin_letters"], owner, limit)]


async def postpone_letter(tx: Transaction, reply_id: UUID, owner: UUID, seconds: float) -> None:
    await tx.execute(SQL["postpone_letter"], reply_id, owner, seconds)


async def settle_letter(tx: Transaction, reply_id: UUID, owner: UUID, outcome: LetterOutcome, now: datetime) -> bool:
    """False where somebody else took it over."""
    return await tx.fetchval(SQL["settle_letter"], reply_id, owner, outcome, now) is not None


async def hold_owner(connection: asyncpg.Connection, owner: UUID) -> bool:
    held: bool = await connection.fetchval(SQL["hold_owner"], str(owner))
    return held


async def find_other_owners(tx: Transaction, owner: UUID) -> list[UUID]:
    return [row["owner"] for row in await tx.fetch(SQL["find_other_owners"], owner)]


async def take_over(tx: Transaction, gone: UUID, owner: UUID) -> list[Draft]:
    """Letters of an owner that is gone, now this one's; none while it lives."""
    if not await tx.fetchval(SQL["owner_is_gone"], str(gone)):
        return []
    return [Draft(**row) for row in await tx.fetch(SQL["take_over_letters"], gone, owner)]


async def find_parties(tx: Transaction, replies: Collection[UUID]) -> list[UUID]:
    return [row["party_id"] for row in await tx.fetch(SQL["find_parties_of_letters"], sorted(replies))]


async def bounce_letters(tx: Transaction, replies: Collection[UUID], now: datetime) -> list[Draft]:
    """Those that had left, or may have."""
    found = [Draft(**row) for row in await tx.fetch(SQL["lock_bounced"], sorted(replies))]
    if found:
        await tx.execute(SQL["bounce_letters"], [each.reply_id for each in found], now)
    return found


async def call_off(tx: Transaction, letters: Collection[UUID], now: datetime) -> list[Draft]:
    return [Draft(**row) for row in await tx.fetch(SQL["call_off_letters"], sorted(letters), now)]


async def forget(tx: Transaction, parties: Collection[UUID], now: datetime) -> None:
    await tx.execute(SQL["forget_letters"], list(parties), now)


async def doubt_all(tx: Transaction) -> None:
    await tx.execute(SQL["doubt_letters"], FORMER)


async def take_back(tx: Transaction, told: TicketReplySettled) -> None:
    values = (told.reply_id, told.ticket_id, told.party_id, told.request_event_id, told.outcome, told.recorded_at)
    await tx.execute(SQL["take_back_letter"], *values)
