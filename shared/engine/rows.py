"""Rows of the engine's tables as what they hold, and back."""

import base64
import json
from collections.abc import Iterable, Mapping
from typing import Any

from shared.engine.event import Record
from shared.engine.ledger import Fence, ParkedRecord, Place, Refusal
from shared.sql import columns

_NO_FENCES: list[list[object]] = [[] for _ in range(9)]


def fences_of(rows: Iterable[Any]) -> dict[Place, Fence]:
    return {
        (r["topic"], r["partition"]): Fence(
            r["next_offset"],
            r["last_offset"],
            r["last_id"],
            r["mark"],
            r["watermark"],
            r["parked"],
            r["stopped"],
            r["recoveries"],
        )
        for r in rows
    }


def fence_columns(fences: Mapping[Place, Fence]) -> list[list[object]]:
    rows = [
        (*place, f.next_offset, f.last_offset, f.last_id, f.mark, f.watermark, f.parked, f.stopped)
        for place, f in fences.items()
    ]
    return columns(rows) or _NO_FENCES


def columns_of(record: Record) -> tuple[str, int, int, bytes | None, str, bytes | None, int]:
    place = record.topic, record.partition, record.offset
    return *place, record.key, headers_json(record.headers), record.value, record.timestamp


def headers_json(headers: Iterable[tuple[str, bytes | None]]) -> str:
    return json.dumps(
        [[_name(name), None if value is None else base64.b64encode(value).decode()] for name, value in headers]
    )


def _name(name: str) -> str:
    """A header's name as jsonb takes it: U+0000 and bytes beyond UTF-8 become escapes."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace").replace("\0", "\\0")


def parked_of(row: Any) -> ParkedRecord:
    refusal = Refusal(row["reason"], row["detail"], row["unexpected"], row["holds"])
    return ParkedRecord(row["id"], record_of(row), refusal, row["handled_at"])


def record_of(row: Any) -> Record:
    """A row of `parked` or `quarantine` as it came from Kafka, but with an operator's value where there is one."""
    headers = tuple(
        (name, None if value is None else base64.b64decode(value)) for name, value in json.loads(row["headers"])
    )
    place = row["topic"], row["partition"], row["record_offset"]
    return Record(*place, row["key"], row["value"], headers, row["record_timestamp"])
