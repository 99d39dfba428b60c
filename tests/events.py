"""Events as the engine decodes them, handed to handlers and domain functions without Kafka."""

from datetime import datetime
from itertools import count
from typing import TypeVar

from shared.engine.event import Event, Tombstone
from shared.engine.partitions import partition_of
from shared.events.clock import ClockTicked
from shared.events.contract import contract_of, contracts

D = TypeVar("D")
_numbers = count(1)


def type_of(topic: str, data: object) -> str:
    """As its owner publishes it; a tombstone has the type of what it removes."""
    if isinstance(data, Tombstone):
        return next(each.type for each in contracts() if each.topic == topic and each.model is not ClockTicked)
    return contract_of(type(data)).type


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
