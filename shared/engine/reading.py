"""How a reader reads, and what it asks of the database beside its batches."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.engine.event import Record
from shared.engine.ledger import Fence, Place


@dataclass(frozen=True, slots=True)
class Reading:
    """How a subscription reads. Sizes in records and bytes, times in seconds.

    Small batches are what costs: after one of fewer than `small` records nothing is fetched until `pace` has passed
    since it came. An idle reader gets the first record at once, and one that is behind never waits.
    """

    records: int
    bytes: int
    pace: float
    small: int
    commit_every: float
    backoff_max: float
    probe_after: float


class FenceStore:
    """What a reader asks of the database beside its batches."""

    def __init__(
        self,
        ensure: Callable[[Sequence[Place]], Awaitable[dict[Place, Fence]]],
        stop: Callable[[Place, str], Awaitable[None]],
        advance: Callable[[dict[Place, tuple[int, datetime]]], Awaitable[None]],
    ) -> None:
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
