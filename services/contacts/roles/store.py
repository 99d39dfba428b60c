"""The roles of parties, in Postgres."""

from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from uuid import UUID

from services.contacts.roles.domain import PartyRole
from shared.engine.transaction import Transaction
from shared.sql import columns, load_queries

SQL = load_queries(Path(__file__).with_name("queries.sql"))
_FIRST = UUID(int=0)


async def add_roles(tx: Transaction, granted: Iterable[PartyRole]) -> set[UUID]:
    """Returns those that were not told before."""
    rows = sorted((each.id, each.party_id, each.role, each.since, each.ended_on, each.recorded_at) for each in granted)
    return {row["id"] for row in await tx.fetch(SQL["add_roles"], *columns(rows))} if rows else set()


async def load_roles(tx: Transaction, party_id: UUID, role: str) -> list[PartyRole]:
    """All times in which the party has or had this role, the last first."""
    return [PartyRole(**dict(row)) for row in await tx.fetch(SQL["load_roles"], party_id, role)]


async def load_role(tx: Transaction, role_id: UUID) -> PartyRole | None:
    row = await tx.fetchrow(SQL["load_role"], role_id)
    return None if row is None else PartyRole(**dict(row))


async def end_role(tx: Transaction, role_id: UUID, on: date) -> None:
    await tx.execute(SQL["end_role"], role_id, on)


async def list_roles(tx: Transaction, family: Sequence[UUID], after: UUID | None, limit: int) -> list[PartyRole]:
    """Of a party and those merged into it, oldest first, those that ended too."""
    rows = await tx.fetch(SQL["list_roles"], family, after or _FIRST, limit)
    return [PartyRole(**dict(row)) for row in rows]
