"""How a reader reads: what it asks of Kafka, and of the database beside its batches."""

from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from shared.engine.event import Record
from shared.engine.ledger import Fence, Place

_FIRST_PORTION = 100


@dataclass(frozen=True, slots=True)
class Reading:
    """How a subscription reads. Sizes in records and bytes, times in seconds. At most `records` are applied at once.

    Small batches are what costs: after one of fewer than `small` records nothing is fetched until `pace` has passed
    since it came. An idle reader gets the first record at once, and one that is behind never waits. One that makes no
    progress for `patience` is started again. A batch takes some `batch_s`, whatever its handler does with a record.
    """

    records: int
    bytes: int
    pace: float
    small: int
    commit_every: float
    backoff_max: float
    probe_after: float
    patience: float = 60
    batch_s: float = 2


@dataclass(slots=True)
class Portion:
    """How many records are applied at once: as many as take about so many seconds, at most `most`.

    The database ends a transaction that stands idle for ten seconds, as where something costly is computed within; and
    while one stands, what it locked is waited for.
    """

    seconds: float
    most: int
    records: int = field(init=False)

    def __post_init__(self) -> None:
        self.records = min(_FIRST_PORTION, self.most)

    def took(self, records: int, seconds: float) -> None:
        """So many took so long, to their end or until they failed."""
        if seconds > self.seconds:
            self.records = max(1, min(self.records, int(records * self.seconds / seconds)))
        elif records >= self.records and seconds < self.seconds / 2:
            self.records = min(self.most, self.records * 2)


@dataclass(frozen=True, slots=True)
class Failure:
    """A batch that cannot be read: of which kind the error is, and which offsets are held up."""

    kind: str
    first: int
    last: int

    def __str__(self) -> str:
        return f"offsets {self.first} to {self.last} cannot be read: {self.kind}"


@dataclass(slots=True)
class Taken:
    """What was read at once. `spans` say from where to where each log was looked through for it, also where it held no
    record: an offset counts as read only by them.
    """

    records: tuple[Record, ...] = ()
    spans: dict[Place, tuple[int, int]] = field(default_factory=dict)


class Source(Protocol):
    """What a reader asks of Kafka. Places that were taken away meanwhile are passed over silently."""

    def assigned(self) -> Collection[Place]: ...

    async def take(self, records: int, size: int) -> Taken:
        """What arrives within half a second, at most about this much. Positions have moved behind it."""
        ...

    def seek(self, place: Place, offset: int) -> None:
        """Read on from there; what was fetched already is dropped."""
        ...

    def fetch_only(self, places: Collection[Place]) -> None: ...

    def position(self, place: Place) -> int | None: ...

    def end(self, place: Place) -> int | None:
        """The end of what is committed, as of the last fetch."""
        ...

    def polled(self, place: Place) -> float | None:
        """When the broker last answered a fetch, in seconds since the epoch."""
        ...

    def failures(self) -> Mapping[Place, Failure]:
        """The batches that cannot be read and that reading stands before."""
        ...

    async def bounds(self, places: Collection[Place]) -> dict[Place, tuple[int, int]]:
        """The first offset and the end of each log."""
        ...

    async def commit(self, offsets: Mapping[Place, int]) -> None: ...

    def missing(self) -> Collection[str]:
        """The topics that the cluster does not have."""
        ...

    def dead(self) -> str | None:
        """Which part of the client ended although nobody stopped it."""
        ...

    async def restart(self) -> None:
        """Leave the group and join it anew."""
        ...


@dataclass(frozen=True, slots=True)
class Passed:
    """A partition without anything to handle: the fence, as far as it is known, may move from `fence` to `upto`, and
    the watermark to `at` where there is one.
    """

    fence: int
    upto: int
    at: datetime | None


class FenceStore:
    """What a reader asks of the database beside its batches."""

    def __init__(
        self,
        ensure: Callable[[Sequence[Place]], Awaitable[dict[Place, Fence]]],
        stop: Callable[[Place, str], Awaitable[None]],
        advance: Callable[[Mapping[Place, Passed]], Awaitable[Collection[Place]]],
    ) -> None:
        """`advance` returns the places whose fences stand there now."""
        self.ensure = ensure
        self.stop = stop
        self.advance = advance


def cut(records: Sequence[Record], limit: int) -> Iterator[Sequence[Record]]:
    """Parts of at most `limit` bytes of value, at least one record each."""
    if sum(len(record.value or b"") for record in records) <= limit:
        yield records
        return
    begin = size = 0
    for position, record in enumerate(records):
        length = len(record.value or b"")
        if size + length > limit and position > begin:
            yield records[begin:position]
            begin, size = position, 0
        size += length
    yield records[begin:]
