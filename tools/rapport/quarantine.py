"""Records that nobody could read, with their bytes."""

from typing import Any

from shared.engine.postgres import SQL as ENGINE
from shared.errors import NotFound
from tools.rapport.parked import SQL
from tools.rapport.stack import Stack

Row = dict[str, Any]


async def list_quarantine(stack: Stack, topic: str | None, reason: str | None, limit: int) -> list[Row]:
    """Newest first within a service, without keys and values: nobody knows what they hold."""
    found = []
    for service in stack.dsns:
        async with stack.connect(service) as connection:
            rows = await connection.fetch(SQL["list_quarantine"], topic, reason, limit)
            found += [{**dict(row), "id": f"{service}:{row['id']}"} for row in rows]
    return found[:limit]


async def read_quarantined(stack: Stack, service: str, quarantine_id: int) -> tuple[Row, bytes]:
    """What is known of a record, and its value as it came, byte for byte. Raises NotFound."""
    async with stack.connect(service) as connection:
        row = await connection.fetchrow(ENGINE["read_quarantine"], quarantine_id)
    if row is None:
        raise NotFound(f"nothing is in quarantine under {service}:{quarantine_id}; `rapport quarantine` lists what is")
    value = row["value"] or b""
    place = {"topic": row["topic"], "partition": row["partition"], "record_offset": row["record_offset"]}
    return {"id": f"{service}:{quarantine_id}", **place, "reason": row["reason"], "bytes": len(value)}, value
