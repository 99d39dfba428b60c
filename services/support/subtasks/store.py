"""The table of subtasks, a typed function per statement."""

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


async def save_subtask(tx: Transaction, subtask: Subtask, at: datetime) -> None:
    """Nothing where the ticket is not known, or a later version is."""
    await tx.execute(
        SQL["save_subtask"],
        subtask.id,
        subtask.ticket_id,
        subtask.title,
        subtask.status,
        subtask.assignee,
        subtask.due_at,
        subtask.version,
        subtask.changed_by,
        at,
    )


async def count_subtasks(tx: Transaction, ticket_id: UUID) -> int:
    return int(await tx.fetchval(SQL["count_subtasks"], ticket_id))


async def find_subtask(tx: Transaction, subtask_id: UUID) -> Subtask:
    """One that is there."""
    row = await tx.fetchrow(SQL["find_subtask"], subtask_id)
    return Subtask(*(row[each.name] for each in fields(Subtask)))


async def read_subtask(tx: Transaction, subtask_id: UUID) -> SubtaskView:
    """The same, as it is shown."""
    return SubtaskView.model_validate(dict(await tx.fetchrow(SQL["find_subtask"], subtask_id)))


async def find_subtasks(tx: Transaction, ticket_id: UUID) -> list[SubtaskView]:
    return [SubtaskView.model_validate(dict(row)) for row in await tx.fetch(SQL["find_subtasks"], ticket_id)]


async def list_open(tx: Transaction, agent: str, before: UUID | None, limit: int) -> list[AgentSubtask]:
    rows = await tx.fetch(SQL["list_open"], agent, before or _LAST_ID, limit)
    return [AgentSubtask.model_validate(dict(row)) for row in rows]


async def forget_titles(tx: Transaction, party_id: UUID) -> int:
    return int(await tx.fetchval(SQL["forget_titles"], party_id))
