"""The audit lines of what operators did; whoever acts leaves one in the transaction of the act."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import asyncpg

from shared.sql import load_queries

SQL = load_queries(Path(__file__).with_name("actions.sql"))


@dataclass(frozen=True, slots=True)
class Action:
    """`subject` holds ids and counts, never personal data."""

    id: int
    acted_at: datetime
    actor: str
    action: str
    subject: Any
    reason: str


async def record_action(
    connection: asyncpg.Connection | asyncpg.pool.PoolConnectionProxy,
    action: str,
    subject: Mapping[str, object],
    reason: str,
) -> None:
    await connection.execute(SQL["record_action"], action, json.dumps(subject), reason)


async def list_actions(connection: asyncpg.Connection, limit: int) -> list[Action]:
    rows = await connection.fetch(SQL["list_actions"], limit)
    return [Action(**{**dict(row), "subject": json.loads(row["subject"])}) for row in rows]
