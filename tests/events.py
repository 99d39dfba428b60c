"""Events as the engine decodes them, handed to handlers and domain functions without Kafka."""

from datetime import datetime
from itertools import count
from typing import TypeVar

from shared.engine.event import Event
from shared.engine.partitions import partition_of

D = TypeVar("D")
_numbers = count(1)


def decoded(
    topic: str,
    type_: str,
    data: D,
    *,
    key: str | None,
    at: datetime,
    now: datetime,
    source: str = "/contacts",
    id_: str | None = None,
) -> Event[D]:
    """It happened at `at` and is handled at `now`; the next one of its topic. Without `id_` it gets one of its own."""
    number = next(_numbers)
    return Event(
        id=id_ or f"event-{number}",
        type=type_,
        source=source,
        time=at,
        now=now,
        topic=topic,
        partition=partition_of(key) if key else 0,
        offset=number,
        key=None if key is None else key.encode(),
        correlation_id=f"flow {id_ or number}",
        traceparent=None,
        data=data,
    )
