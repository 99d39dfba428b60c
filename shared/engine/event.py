"""What moves through the engine: a record as Kafka has it, an event as a handler sees it, an emission as it leaves."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar
from uuid import UUID

from shared.errors import BadRecord
from shared.ids import dated_id, new_id

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
    clock the last tick before it in its partition, or `time` where that is later, so that facts between two ticks keep
    their order; use it for `recorded_at`. `id` is the `ce_id`, text.
    `partition` is that of the topic, and the same for its key on every topic of ours. `key` is bytes: two that differ
    are two, whatever text they make. `timestamp` is Kafka's, in milliseconds; None where the event was put together
    from rows long after its record was handled.
    """

    id: str
    type: str
    source: str
    time: datetime
    now: datetime
    topic: str
    partition: int
    offset: int
    key: bytes | None
    correlation_id: str
    traceparent: str | None
    data: D_co
    timestamp: int | None = None

    @property
    def key_text(self) -> str:
        """The key where it has to be a text, as under a tombstone; raises BadRecord, which parks alone, where it is
        none.
        """
        try:
            text = (self.key or b"").decode()
        except UnicodeDecodeError:
            text = ""
        if not text or "\0" in text:
            raise BadRecord("key", "the key of this record has to be a text", holds=False)
        return text


def caused_id(cause: Event[object] | None, *parts: object) -> UUID:
    """An id for what a record leads to: the same whenever that record is applied again, so that a database restored
    from a backup comes to the same ids. `parts` tell apart what one record leads to. Without a record it is a new id.
    """
    if cause is None or cause.timestamp is None:
        return new_id()
    return dated_id(cause.timestamp, cause.source, cause.id, *parts)


@dataclass(frozen=True, slots=True)
class Tombstone:
    """The data of a record with a null value on a compacted topic: forget what stands under `Event.key`."""


@dataclass(slots=True)
class Emission:
    """One event to publish; the registry knows topic, type, key and subject of `data`.

    `time` is when it happened. `cause` is the event that led to it and gives correlation, causation and trace.
    Where they are None, `partition` is computed and `id` derived from the cause (`caused_id`), the topic, the type and
    the subject, in the order of the emissions; without a cause, or with one put together from rows, it is a new one.

    A fact that the service takes in for somebody else and passes on to an outside topic names its `source`, and the
    sender's own `id`, `key` and `correlation_id` where there are any: it carries no number, readers know it by source
    and id.

    `body` is `data` as its contract writes it, where it was written already.
    """

    data: object
    time: datetime
    cause: "Event[object] | None" = None
    id: UUID | str | None = None
    partition: int | None = None
    source: str | None = None
    key: str | None = None
    correlation_id: str | None = None
    body: bytes | None = None
