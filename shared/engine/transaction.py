"""What a handler may do: run statements, emit events, set timers, all of it committed together or not at all."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from shared.engine.event import Emission


class Transaction(Protocol):
    """One transaction of the service's database.

    `now` is the service's domain time: the wall clock, or on the stream's clock the lowest tick that all its partitions
    have passed. Inside an event handler prefer `event.now`. `context` is what the service's `main` built from its
    settings for handlers; a handler names its type: `context: Context = tx.context`. `was_recovered` is False where it
    is known that this database was never recovered after a restore.
    """

    now: datetime
    context: Any
    was_recovered: bool

    async def fetch(self, statement: str, *args: object) -> Sequence[Any]: ...

    async def fetchrow(self, statement: str, *args: object) -> Any: ...

    async def fetchval(self, statement: str, *args: object) -> Any: ...

    async def execute(self, statement: str, *args: object) -> str: ...

    async def copy(self, table: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        """Append rows to a table of the service's own schema, by COPY where there are many."""
        ...

    def emit(self, emissions: Iterable[Emission]) -> None:
        """Publish after the commit, in this order per key; take the aggregate's lock first. Refused in projections."""
        ...

    def savepoint(self) -> AbstractAsyncContextManager[None]:
        """Undo everything since its beginning, emissions too, where its body raises."""
        ...

    async def set_timers(self, name: str, timers: Iterable[tuple[UUID, int, datetime]]) -> None:
        """Set or move timers, each (id, partition of its party, due), of the timer handler `name`.

        One that is due already fires once everything published together with the event has been handled too.
        """
        ...

    async def clear_timers(self, name: str, ids: Iterable[UUID]) -> None:
        """Forget timers; unknown ids are fine."""
        ...

    def after_commit(self, then: Callable[[], Awaitable[None]]) -> None:
        """Await `then` once the commit stands. Lost in a crash between the two: use it only to be quicker."""
        ...
