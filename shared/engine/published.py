"""A record that a topic holds, read again by its place."""

import asyncio
from collections.abc import Mapping
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError, OffsetOutOfRangeError
from pydantic_core import from_json

from shared.engine import fetched
from shared.engine.event import Record
from shared.engine.ledger import Place
from shared.errors import Transient

_FETCH_MS = 2_000
_AT_ONCE = 4


class Published:
    """Reads one record at a time by a client of its own, some side by side: people ask for it, not programs."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        self._options = options
        self._turn = asyncio.Semaphore(_AT_ONCE)

    async def read(self, place: Place, offset: int) -> Record | None:
        """The record at an offset, None where the topic holds none there. Raises Transient without brokers."""
        fetched.patch_aiokafka()
        partition = TopicPartition(*place)
        async with self._turn:
            consumer = AIOKafkaConsumer(
                enable_auto_commit=False, auto_offset_reset="none", isolation_level="read_committed", **self._options
            )
            try:
                await consumer.start()
                consumer.assign([partition])
                consumer.seek(partition, offset)
                found = (await consumer.getmany(partition, timeout_ms=_FETCH_MS, max_records=1)).get(partition, [])
            except OffsetOutOfRangeError:
                return None
            except KafkaError as error:
                raise Transient(f"the brokers do not answer: {type(error).__name__}") from error
            finally:
                await consumer.stop()
        if not found or found[0].offset != offset:
            return None
        (record,) = found
        return Record(*place, offset, record.key, record.value, tuple(record.headers), record.timestamp)


def as_cloud_event(record: Record) -> dict[str, Any]:
    headers = {name: (value or b"").decode("utf-8", "replace") for name, value in record.headers}
    event: dict[str, Any] = {name[3:]: text for name, text in headers.items() if name.startswith("ce_")}
    event |= {name: headers[name] for name in ("traceparent", "tracestate") if name in headers}
    event["datacontenttype"] = headers.get("content-type", "application/json")
    event["data"] = None if record.value is None else from_json(record.value)
    return event
