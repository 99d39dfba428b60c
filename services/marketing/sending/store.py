"""What is being sent, a typed function per statement."""

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import asyncpg

from services.marketing.enrolments.domain.due import Cleared
from services.marketing.sending import schemas
from services.marketing.sending.domain.attempt import FORMER, Delivery, Dispatch, Via
from shared.engine.transaction import Transaction
from shared.sql import columns, load_queries

SQL = load_queries(Path(__file__).with_name("queries.sql"))


async def add_dispatches(tx: Transaction, cleared: Sequence[Cleared]) -> None:
    rows = [
        (
            c.message_id,
            c.triggered_at,
            c.trigger_event_id,
            c.party_id,
            c.consent_event_id,
            c.content,
            c.decided_at,
            c.channel,
        )
        for c in cleared
    ]
    if rows:
        await tx.execute(SQL["add_dispatches"], *columns(rows))


async def doubt_dispatches(tx: Transaction, messages: Collection[UUID] | None) -> None:
    """Of these, or of all: each becomes an attempt that may have been made before the database was restored."""
    if messages is None or messages:
        await tx.execute(SQL["doubt_dispatches"], None if messages is None else sorted(messages), FORMER)


async def has_enough(tx: Transaction, channels: Sequence[str], enough: int, patience: timedelta) -> bool:
    """Whether so many may be begun now, and none has waited longer for it than that."""
    found: bool = await tx.fetchval(SQL["has_enough"], list(channels), enough, patience)
    return found


async def begin_dispatches(tx: Transaction, owner: UUID, limit: int, via: Via, channel: str) -> list[Dispatch]:
    return [Dispatch(**row) for row in await tx.fetch(SQL["begin_dispatches"], owner, limit, via, channel)]


async def load_dispatches(tx: Transaction, messages: Collection[UUID]) -> list[Dispatch]:
    return [Dispatch(**row) for row in await tx.fetch(SQL["load_dispatches"], sorted(messages))]


async def settle_dispatches(tx: Transaction, owner: UUID, messages: Collection[UUID]) -> set[UUID]:
    return {row["message_id"] for row in await tx.fetch(SQL["settle_dispatches"], sorted(messages), owner)}


async def postpone_dispatches(
    tx: Transaction,
    owner: UUID,
    waits: Mapping[UUID, float],
    unsure: Collection[UUID] = (),
    held: Collection[UUID] = (),
) -> None:
    """Of those that are `unsure` nobody can tell whether this attempt was accepted; those that were `held` had none."""
    if waits:
        doubts, holds = [each in unsure for each in waits], [each in held for each in waits]
        await tx.execute(SQL["postpone_dispatches"], list(waits), owner, list(waits.values()), doubts, holds)


async def withdraw_dispatches(tx: Transaction, messages: Collection[UUID]) -> set[UUID]:
    """Takes back what nobody has begun to send; those that somebody has."""
    return {row["message_id"] for row in await tx.fetch(SQL["withdraw_dispatches"], sorted(messages))}


async def find_other_owners(tx: Transaction, owner: UUID, channel: str) -> list[UUID]:
    return [row["owner"] for row in await tx.fetch(SQL["find_other_owners"], owner, channel)]


async def owner_is_gone(tx: Transaction, owner: UUID) -> bool:
    """Until the end of the transaction nobody else finds it gone."""
    gone: bool = await tx.fetchval(SQL["owner_is_gone"], str(owner))
    return gone


async def take_over_dispatches(tx: Transaction, gone: UUID, owner: UUID, channel: str) -> dict[Via, list[UUID]]:
    taken: dict[Via, list[UUID]] = {}
    for row in await tx.fetch(SQL["take_over_dispatches"], gone, owner, channel):
        taken.setdefault(row["via"], []).append(row["message_id"])
    return taken


async def add_deliveries(tx: Transaction, deliveries: Sequence[Delivery]) -> None:
    rows = [(d.message_id, d.number, d.channel, d.outcome, d.reason, d.code, d.settled_at) for d in deliveries]
    if rows:
        await tx.execute(SQL["add_deliveries"], *columns(rows))


async def list_deliveries(tx: Transaction, message_id: UUID) -> list[schemas.Delivery]:
    return [schemas.Delivery(**row) for row in await tx.fetch(SQL["list_deliveries"], message_id)]


async def add_erased_letters(tx: Transaction, written: Collection[UUID], undecided: Collection[UUID] = ()) -> None:
    """Letters to take out of the maildir; of `undecided` only those that a sender may be writing."""
    if written or undecided:
        await tx.execute(SQL["add_erased_letters"], sorted(written), sorted(undecided))


async def load_erased_letters(tx: Transaction, limit: int) -> list[UUID]:
    return [row["message_id"] for row in await tx.fetch(SQL["load_erased_letters"], limit)]


async def forget_erased_letters(tx: Transaction, messages: Collection[UUID]) -> None:
    await tx.execute(SQL["forget_erased_letters"], sorted(messages))


async def hold_owner(connection: asyncpg.Connection, owner: UUID) -> bool:
    """Take the lock of this id, for as long as the connection lives; False where somebody has it."""
    held: bool = await connection.fetchval(SQL["hold_owner"], str(owner))
    return held
