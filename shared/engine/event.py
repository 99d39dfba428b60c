"""What moves through the engine: a record as Kafka has it, an event as a handler sees it, an emission as it leaves."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar
from uuid import UUID

D_co = TypeVar("D_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Record:
    """One record of a topic, untouched. `timestamp` is Kafka's, in milliseconds of wall time."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes | None]]
    timestamp: int


@dataclass(slots=True)
class Event(Generic[D_co]):
    """One decoded event. Treat it as frozen; it is not, because construction is on the hot path.

    `time` is when it happened (`ce_time`). `now` is when the service handles it: the wall clock, or on the stream's
    clock the last tick before it in its partition; use it for `recorded_at`. `id` is the `ce_id`, text.
    `partition` is that of the topic, and the same for its key on every topic of ours.
    """

    id: str
    type: str
    source: str
    time: datetime
    now: datetime
    topic: str
    partition: int
    offset: int
    key: str | None
    correlation_id: str
    traceparent: str | None
    data: D_co


@dataclass(frozen=True, slots=True)
class Tombstone:
    """The data of a record with a null value on a compacted topic: forget what stands under `Event.key`."""


@dataclass(slots=True)
class Emission:
    """One event to publish; the registry knows topic, type, key and subject of `data`.

    `time` is when it happened. `cause` is the event that led to it and gives correlation, causation and trace.
    `id` and `partition` are drawn and computed where they are None.
    """

    data: object
    time: datetime
    cause: "Event[object] | None" = None
    id: UUID | None = None
    partition: int | None = None
