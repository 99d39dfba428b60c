"""The table of subtasks, a typed function per statement."""

from collections.abc import Collection
from dataclasses import fields
from datetime import datetime
from pathlib import Path
from uuid import UUID

from services.support.subtasks.domain import Subtask
from services.support.subtasks.schemas import AgentSubtask, SubtaskView
from shared.engine.transaction import Transaction
from shared.sql import load_queries

SQL = load_queries(Path(__file__).with_name("queries.sql"))
_LAST_ID = UUID(int=2**128 - 1)


async def save_subtask(tx: Transaction, subtask: Subtask, at: datetime) -> bool:
    """Nothing where the ticket is not known, or a later version is; whether it was saved."""
    saved = await tx.fetchval(
        SQL["save_subtask"],
        subtask.id,
        subtask.ticket_id,
        subtask.title,
        subtask.status,
        subtask.assignee,
        subtask.due_at,
        subtask.version,
        subtask.changed_by,
        subtask.overdue_at,
        at,
    )
    return saved is not None


async def count_subtasks(tx: Transaction, ticket_id: UUID) -> int:
    return int(await tx.fetchval(SQL["count_subtasks"], ticket_id))


async def load_subtasks(tx: Transaction, subtasks: Collection[UUID]) -> dict[UUID, Subtask]:
    """Those of these that are known."""
    rows = await tx.fetch(SQL["load_subtasks"], list(subtasks))
    return {row["id"]: Subtask(*(row[each.name] for each in fields(Subtask))) for row in rows}


async def read_subtask(tx: Transaction, subtask_id: UUID) -> SubtaskView:
    """One that is there, as it is shown."""
    (row,) = await tx.fetch(SQL["load_subtasks"], [subtask_id])
    return SubtaskView.model_validate(dict(row))


async def find_parties(tx: Transaction, subtasks: Collection[UUID]) -> list[UUID]:
    return [row["party_id"] for row in await tx.fetch(SQL["find_parties"], list(subtasks))]


async def find_unwatched(tx: Transaction, after: UUID, timer: str, limit: int) -> list[tuple[UUID, UUID]]:
    """So many ids of subtasks that no timer watches, with the parties of their tickets."""
    return [(row["id"], row["party_id"]) for row in await tx.fetch(SQL["find_unwatched"], after, timer, limit)]


async def find_subtasks(tx: Transaction, ticket_id: UUID) -> list[SubtaskView]:
    return [SubtaskView.model_validate(dict(row)) for row in await tx.fetch(SQL["find_subtasks"], ticket_id)]


async def list_open(
    tx: Transaction, agent: str, before: UUID | None, limit: int, *, overdue: bool | None
) -> list[AgentSubtask]:
    rows = await tx.fetch(SQL["list_open"], agent, before or _LAST_ID, limit, overdue)
    return [AgentSubtask.model_validate(dict(row)) for row in rows]


async def forget_titles(tx: Transaction, party_id: UUID) -> int:
    return int(await tx.fetchval(SQL["forget_titles"], party_id))
