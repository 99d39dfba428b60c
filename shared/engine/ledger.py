"""What the engine needs of a storage, in Postgres (`postgres.py`) and in memory (`tests/simulation/memory.py`).

One `Ledger.transaction` is one database transaction: its effects, fences, parked rows and emissions stand together or
not at all. Locks are held until it ends. Any call may raise Transient, and nothing of the transaction stands then.
"""

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NamedTuple, Protocol
from uuid import UUID

from shared.engine.event import Event, Record
from shared.engine.subscription import Due, Subscription
from shared.engine.transaction import Transaction

Place = tuple[str, int]
"""A topic and a partition of it."""


@dataclass(slots=True)
class Fence:
    """How far a group's effects stand in one partition. See `migrations/0001_engine.sql` for the columns.

    `recoveries` counts those of the database up to the one that locked this fence last.
    """

    next_offset: int = 0
    last_offset: int | None = None
    last_id: str | None = None
    mark: int = 0
    watermark: datetime | None = None
    parked: int = 0
    stopped: str | None = None
    recoveries: int = 0

    def copy(self) -> "Fence":
        return replace(self)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a record is parked or quarantined. `unexpected` counts against the breaker; refused input never does.

    `holds`: the later records of its key wait for it. Without, it is parked alone.
    """

    reason: str
    detail: str = ""
    unexpected: bool = False
    holds: bool = True


@dataclass(frozen=True, slots=True)
class ParkedRecord:
    """A record that waits for an operator, with when it was first tried."""

    id: int
    record: Record
    refusal: Refusal
    handled_at: datetime


class Outgoing(NamedTuple):
    """A row of the outbox. `payload` None is a tombstone; `source` None is the service's own, and has a number.

    A tuple, since relays make one of each row: a frozen dataclass takes five times as long.
    """

    id: int
    topic: str
    partition: int
    key: str | None
    type: str
    event_id: str
    subject: str | None
    time: str
    correlation_id: str
    causation_id: str | None
    traceparent: str | None
    payload: bytes | None
    source: str | None = None


class EngineTransaction(Transaction, Protocol):
    """A transaction with what only the engine may touch.

    `last_event_times` holds the domain time of each partition's last event in this batch. Timers that the batch sets
    fire once all topics are beyond it, so that what was published together decides together, also where a timer is due
    when it is set. On the stream's clock a tick always follows the last event, so none waits for ever.
    """

    last_event_times: Mapping[int, datetime]

    def tell(self, events: Sequence[Event[Any]]) -> None:
        """Leave word, with the commit, that readers see these from now on (`GET /v1/changes`)."""
        ...

    async def lock_fences(self, places: Sequence[Place]) -> dict[Place, Fence]:
        """Lock the group's fences of these places, in their order, and return them as last committed."""
        ...

    async def save_fences(self, fences: Mapping[Place, Fence]) -> None:
        """Write locked fences back; `next_offset` only ever grows."""
        ...

    async def admit(self, ids: Sequence[tuple[str, str]]) -> set[tuple[str, str]]:
        """Remember these (source, id) in the inbox; return those that are new."""
        ...

    async def free(self, ids: Sequence[tuple[str, str]]) -> None:
        """Forget these (source, id) in the inbox: what they named was not applied."""
        ...

    async def held_keys(self, topic: str, keys: Sequence[bytes]) -> set[bytes]:
        """Those of the keys that have a parked record in this group and topic which holds the later ones."""
        ...

    async def park(self, records: Sequence[tuple[Record, Refusal, datetime]]) -> None: ...

    async def quarantine(self, records: Sequence[tuple[Record, Refusal]]) -> None: ...

    async def take_parked(self, topic: str, key: bytes, limit: int) -> list[ParkedRecord]:
        """The first parked records that hold a key or wait for it, by offset."""
        ...

    async def release(self, parked: ParkedRecord) -> bool:
        """Forget a parked record whose effects stand, or that was given up; False where somebody else already has."""
        ...

    async def describe_parked(self, parked: ParkedRecord, refusal: Refusal) -> None:
        """Say why a parked record is still refused, and whether it still holds its key."""
        ...

    async def record_action(self, action: str, subject: Mapping[str, object], reason: str) -> None: ...

    async def find_due(self, name: str, watermarks: Mapping[int, datetime], limit: int) -> list[UUID]:
        """The timers that `take_due` would take now; none is locked."""
        ...

    async def take_due(
        self, name: str, watermarks: Mapping[int, datetime], limit: int, among: Sequence[UUID] | None = None
    ) -> list[Due]:
        """Lock and delete timers whose time has passed at their partition, earliest first, of all or `among` some; skip
        locked ones.
        """
        ...

    async def fail_timer(self, name: str, due: Due, refusal: Refusal) -> None:
        """Keep a timer whose handler refused it, out of the way."""
        ...


class Ledger(Protocol):
    """A service's storage."""

    def transaction(self, subscription: Subscription | None = None) -> AbstractAsyncContextManager[EngineTransaction]:
        """Begin; commit at the end of the body, roll back where it raises. Of a subscription, or of an HTTP write."""
        ...


class RelayLedger(Protocol):
    """The outbox of one shard, held by one relay at a time. Losing it raises Transient and nothing more may be sent."""

    async def stored(self) -> list[tuple[Outgoing, int]]:
        """The batch that a predecessor stored and did not finish, with its numbers; empty where there is none."""
        ...

    async def store(self, sent: Sequence[tuple[Outgoing, int]], limit: int) -> list[tuple[Outgoing, int]]:
        """In one transaction: forget exactly the rows that were sent, read the oldest of the rest, draw their numbers,
        store both.
        """
        ...

    async def set_aside(self, refused: Outgoing, why: str, rest: Sequence[tuple[Outgoing, int]]) -> None:
        """In one transaction: move a row out of the outbox until an operator decides, and store the rest of the batch.

        From now on `store` leaves out what is behind it with its key, but for a removal, which makes it void.
        """
        ...

    async def keep(self) -> None:
        """Prove that the shard is still held."""
        ...
