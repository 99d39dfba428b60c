"""Mailings and their recipients, a typed function per statement."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

from services.marketing.mailings import schemas
from services.marketing.mailings.domain.mailing import Mailing
from services.marketing.mailings.domain.release import Recipient
from shared.engine.transaction import Transaction
from shared.sql import columns, load_queries

SQL = load_queries(Path(__file__).with_name("queries.sql"))


@dataclass(frozen=True, slots=True)
class Collected:
    """Of how many open recipients it was looked, up to which rank, and how many had ended."""

    looked: int
    last: int | None
    ended: int


async def add_mailing(tx: Transaction, name: str, version: int, segment: str, per_minute: int) -> None:
    await tx.execute(SQL["add_mailing"], name, version, segment, per_minute, tx.now)


async def lock_mailing(tx: Transaction, name: str) -> Mailing | None:
    row = await tx.fetchrow(SQL["lock_mailing"], name)
    return None if row is None else Mailing(**row)


async def take_mailing(tx: Transaction, name: str) -> Mailing | None:
    """None where another instance works at it."""
    row = await tx.fetchrow(SQL["take_mailing"], name)
    return None if row is None else Mailing(**row)


async def list_started(tx: Transaction) -> list[str]:
    return [row["name"] for row in await tx.fetch(SQL["list_started"])]


async def save_mailing(tx: Transaction, m: Mailing) -> None:
    moments = (m.tested_at, m.started_at, m.frozen_at, m.next_at)
    await tx.execute(SQL["save_mailing"], m.name, m.state, *moments, m.collected_to, m.ended_at)


async def pause_all(tx: Transaction) -> None:
    await tx.execute(SQL["pause_all"])


async def freeze_recipients(tx: Transaction, mailing: Mailing) -> None:
    await tx.execute(SQL["freeze_recipients"], mailing.name, mailing.segment)


async def next_recipients(tx: Transaction, name: str, limit: int) -> list[Recipient]:
    return [Recipient(**row) for row in await tx.fetch(SQL["next_recipients"], name, limit)]


async def load_others(
    tx: Transaction, name: str, addresses: Collection[bytes], parties: Collection[UUID]
) -> list[Recipient]:
    rows = await tx.fetch(SQL["load_others"], name, sorted(addresses), sorted(parties))
    return [Recipient(**row) for row in rows]


async def save_recipients(tx: Transaction, name: str, recipients: Sequence[Recipient]) -> None:
    rows = [
        (r.rank, r.address_hash, r.written_to, r.message_id, r.released_at, r.outcome, r.reason) for r in recipients
    ]
    if rows:
        await tx.execute(SQL["save_recipients"], name, *columns(rows))


async def forget_addresses(tx: Transaction, parties: Collection[UUID]) -> None:
    if parties:
        await tx.execute(SQL["forget_addresses"], sorted(parties))


async def collect_endings(tx: Transaction, name: str, after: int, limit: int) -> Collected:
    return Collected(**await tx.fetchrow(SQL["collect_endings"], name, after, limit))


async def is_over(tx: Transaction, name: str, *, cancelled: bool) -> bool:
    over: bool = await tx.fetchval(SQL["is_over"], name, cancelled)
    return over


async def count_work(tx: Transaction, now: datetime, limit: int) -> int:
    waiting: int = await tx.fetchval(SQL["count_work"], now, limit)
    return waiting


async def count_recipients(tx: Transaction, name: str) -> list[tuple[str, str | None, int]]:
    """By outcome and reason of a skip."""
    rows = await tx.fetch(SQL["count_recipients"], name)
    return [(row["outcome"], row["reason"], row["recipients"]) for row in rows]


async def list_mailings(tx: Transaction, after: str | None, limit: int) -> list[schemas.Mailing]:
    return [schemas.Mailing(**_shown(dict(row))) for row in await tx.fetch(SQL["list_mailings"], after, limit)]


async def find_mailing(tx: Transaction, name: str) -> schemas.Mailing | None:
    row = await tx.fetchrow(SQL["find_mailing"], name)
    return None if row is None else schemas.Mailing(**_shown(dict(row)))


def _shown(row: dict[str, object]) -> dict[str, object]:
    return {**row, "mailing": row.pop("name")}


async def list_recipients(tx: Transaction, name: str, after: int, limit: int) -> list[schemas.Recipient]:
    return [schemas.Recipient(**row) for row in await tx.fetch(SQL["list_recipients"], name, after, limit)]
