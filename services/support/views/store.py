"""Saved views, a typed function per statement."""

from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from pydantic_core import from_json

from services.support.views.schemas import SavedView, ViewDefinition
from shared.engine.transaction import Transaction
from shared.sql import load_queries

SQL = load_queries(Path(__file__).with_name("queries.sql"))


async def add_view(tx: Transaction, view_id: UUID, new: ViewDefinition, owner: str, now: datetime) -> None:
    await tx.execute(SQL["add_view"], view_id, new.name, owner, new.queue, new.filters.model_dump_json(), now)


async def lock_version(tx: Transaction, view_id: UUID) -> int | None:
    version: int | None = await tx.fetchval(SQL["lock_version"], view_id)
    return version


async def save_view(tx: Transaction, view_id: UUID, new: ViewDefinition, now: datetime) -> None:
    await tx.execute(SQL["save_view"], view_id, new.name, new.queue, new.filters.model_dump_json(), now)


async def forget_view(tx: Transaction, view_id: UUID) -> None:
    await tx.execute(SQL["forget_view"], view_id)


async def find_view(tx: Transaction, view_id: UUID) -> SavedView | None:
    row = await tx.fetchrow(SQL["find_view"], view_id)
    return None if row is None else _view(row)


async def list_views(tx: Transaction, after: UUID, reader: str | None, limit: int) -> list[SavedView]:
    return [_view(row) for row in await tx.fetch(SQL["list_views"], after, reader, limit)]


def _view(row: Any) -> SavedView:
    return SavedView.model_validate({**row, "filters": from_json(row["filters"])})
