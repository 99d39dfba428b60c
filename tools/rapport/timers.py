"""Timers whose handler refused them: they stand aside until an operator lets them be tried again."""

import json
from typing import Any

from shared.engine.postgres import SQL as ENGINE
from tools.rapport.parked import SQL
from tools.rapport.stack import Stack

Row = dict[str, Any]


async def list_failed(stack: Stack, limit: int) -> list[Row]:
    """With the reason of each, by name and due time within a service."""
    found = []
    for service in stack.dsns:
        async with stack.connect(service) as connection:
            rows = await connection.fetch(ENGINE["list_failed_timers"], limit)
            found += [{"service": service, **dict(row), "id": str(row["id"])} for row in rows]
    return found[:limit]


async def retry_failed(stack: Stack, name: str | None, reason: str) -> list[Row]:
    """Let failed timers, of one name or all, fire again; one audit line a service that had any."""
    tried = []
    for service in stack.dsns:
        async with stack.connect(service) as connection, connection.transaction():
            rows = await connection.fetch(SQL["retry_timers"], name)
            if rows:
                subject = json.dumps({"name": name, "timers": len(rows)})
                await connection.execute(ENGINE["record_action"], "retry-timers", subject, reason)
            tried += [{"service": service, **dict(row), "id": str(row["id"])} for row in rows]
    return tried
