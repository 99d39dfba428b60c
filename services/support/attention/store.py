"""Followers and viewers of tickets, a typed function per statement."""

from datetime import datetime
from pathlib import Path
from uuid import UUID

from services.support.attention.schemas import Doing, FollowedTicket, TicketFollower, TicketViewer
from shared.engine.transaction import Transaction
from shared.sql import load_queries

SQL = load_queries(Path(__file__).with_name("queries.sql"))
_NO_CEILING = 2**63 - 1


async def add_follower(tx: Transaction, ticket_id: UUID, agent: str, since: datetime, seen_version: int) -> bool:
    """False where they follow it already, or the ticket is not known."""
    return await tx.fetchval(SQL["add_follower"], ticket_id, agent, since, seen_version) is not None


async def remove_follower(tx: Transaction, ticket_id: UUID, agent: str) -> bool:
    return await tx.fetchval(SQL["remove_follower"], ticket_id, agent) is not None


async def save_seen(tx: Transaction, ticket_id: UUID, agent: str, version: int) -> None:
    await tx.execute(SQL["save_seen"], ticket_id, agent, version)


async def find_followers(tx: Transaction, ticket_id: UUID) -> list[TicketFollower]:
    return [TicketFollower.model_validate(dict(row)) for row in await tx.fetch(SQL["find_followers"], ticket_id)]


async def find_attention(tx: Transaction, ticket_id: UUID) -> tuple[list[TicketFollower], list[TicketViewer]]:
    """Who follows a ticket, and who is there."""
    rows = await tx.fetch(SQL["find_attention"], ticket_id)
    return (
        [TicketFollower.model_validate(dict(row)) for row in rows if row["doing"] is None],
        [TicketViewer.model_validate(dict(row)) for row in rows if row["doing"] is not None],
    )


async def list_followed(
    tx: Transaction, agent: str, before: int | None, limit: int, *, news: bool
) -> list[FollowedTicket]:
    rows = await tx.fetch(SQL["list_followed"], agent, _NO_CEILING if before is None else before, limit, news)
    return [FollowedTicket.model_validate(dict(row)) for row in rows]


async def save_viewer(tx: Transaction, ticket_id: UUID, agent: str, doing: Doing) -> bool:
    """False where the ticket is not known."""
    await tx.execute(SQL["forget_former_viewers"], agent)
    return await tx.fetchval(SQL["save_viewer"], ticket_id, agent, doing) is not None


async def forget_viewer(tx: Transaction, ticket_id: UUID, agent: str) -> None:
    await tx.execute(SQL["forget_viewer"], ticket_id, agent)


async def find_viewers(tx: Transaction, ticket_id: UUID) -> list[TicketViewer]:
    return [TicketViewer.model_validate(dict(row)) for row in await tx.fetch(SQL["find_viewers"], ticket_id)]
