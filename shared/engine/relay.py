"""The relay: outbox rows leave in the order of their ids, with numbers that prove it.

A crash between sending and forgetting sends the stored batch again, with the same numbers; readers drop it by its mark.
"""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar

import structlog
from aiokafka.errors import KafkaError

from shared.engine import faults
from shared.engine.ledger import Outgoing, Place, RelayLedger
from shared.engine.locks import keeping
from shared.engine.publisher import Batch, KafkaPublisher, Unsendable
from shared.errors import Transient

log = structlog.get_logger()
Publish = Callable[[Batch], Awaitable[None]]
T = TypeVar("T")
_KAFKA_SECONDS = 60
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.1, 10
_RENEW_S = 6 * 3600
"""How long a publisher is used: the brokers forget a transactional id that nobody asked about for seven days."""
_FEW, _PACE_S = 100, 0.005
_FORGET_S, _LOOK_S = 0.2, 1.0
"""How long what was sent stays where nothing follows it, and how often an outbox that nobody spoke of is looked at."""


class Relayed(Protocol):
    """Told of each acknowledged batch, the seconds it took, and whether it was sent before."""

    def __call__(self, batch: Batch, seconds: float, again: bool, /) -> None: ...  # noqa: FBT001  a callback


async def relay_once(ledger: RelayLedger, publish: Publish, sent: Batch, limit: int) -> Batch:
    """Forget what was sent, store the next batch with its numbers, and only then send it.

    Returns what was sent, empty where nothing waits. Raises Transient, Unsendable or Kafka's errors: the caller lets go
    of the producer then, and who begins again sends the stored batch first.
    """
    batch = await ledger.store(sent, limit)
    if batch:
        faults.point("relay.before_send")
        await publish(batch)
        faults.point("relay.after_send")
    return batch


class Relay:
    """Relays one shard for as long as it holds it; where another instance does, waits for its turn."""

    def __init__(
        self,
        hold: Callable[[], contextlib.AbstractAsyncContextManager[RelayLedger]],
        publisher: Callable[[], KafkaPublisher],
        *,
        limit: int,
        relayed: Relayed,
    ) -> None:
        self.woken = asyncio.Event()
        self.holding = False
        self._hold = hold
        self._publisher = publisher
        self._limit = limit
        self._relayed = relayed
        self._batch: Batch = ()
        self._sent = True
        self._acknowledged: list[Batch] = []
        self._singly: set[Place] = set()
        self._pause: float = _FIRST_PAUSE_S

    async def run(self) -> None:
        while True:
            try:
                async with self._hold() as ledger:
                    self.holding = True
                    await self._serve(ledger)
            except (Transient, KafkaError, OSError, TimeoutError) as error:
                log.warning("relay_interrupted", error=type(error).__name__, retry_s=self._pause)
            finally:
                self.holding = False
            await asyncio.sleep(self._pause)
            self._pause = min(self._pause * 2, _LONGEST_PAUSE_S)

    async def _serve(self, ledger: RelayLedger) -> None:
        self._batch = await ledger.stored()
        self._sent = not self._batch
        while True:
            async with contextlib.AsyncExitStack() as stack:
                publisher = await _keeping(ledger, stack.enter_async_context(self._publisher()))
                # Whoever holds the shard later asks the brokers later: held now, nobody has a higher epoch than ours
                # but a successor. Without this, one that was stopped while it asked would fence its successor.
                await ledger.keep()
                try:
                    await self._drain(ledger, publisher)
                except Unsendable as refused:
                    await self._make_way(ledger, publisher, refused)

    async def _drain(self, ledger: RelayLedger, publisher: KafkaPublisher) -> None:
        async def publish(batch: Batch) -> None:
            self._batch, self._sent = batch, False
            self._acknowledged.clear()
            await self._publish(ledger, publisher, again=False)

        if not self._sent:
            log.info("relay_resends", records=len(self._batch))
            await self._publish(ledger, publisher, again=True)
        renewed = time.monotonic()
        while time.monotonic() < renewed + _RENEW_S:
            self.woken.clear()
            self._batch = await relay_once(ledger, publish, self._batch, self._limit)
            if len(self._batch) < _FEW:
                await self._gather(_FORGET_S if self._batch else _LOOK_S)

    async def _gather(self, seconds: float) -> None:
        """Let some more come: one transaction then forgets what was sent and stores what is next."""
        await asyncio.sleep(_PACE_S)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.woken.wait()

    async def _publish(self, ledger: RelayLedger, publisher: KafkaPublisher, *, again: bool) -> None:
        """Send what of the batch has not been acknowledged to us yet: what failed half-way repeats the other half."""
        begun = time.perf_counter()
        batch = self._unacknowledged() if self._acknowledged else self._batch
        await _keeping(ledger, publisher.publish(batch, self._acknowledged, self._singly))
        self._sent, self._pause = True, _FIRST_PAUSE_S
        self._singly.clear()
        self._relayed(batch, time.perf_counter() - begun, again)

    def _unacknowledged(self) -> Batch:
        known = {(row.id, row.event_id) for part in self._acknowledged for row, _ in part}
        return [(row, number) for row, number in self._batch if (row.id, row.event_id) not in known]

    async def _make_way(self, ledger: RelayLedger, publisher: KafkaPublisher, refused: Unsendable) -> None:
        """Set aside what the brokers refuse. Another publisher sends the rest: this one counted what was refused."""
        if refused.row is None:
            self._singly.add(refused.place)
            return
        # One that was stopped before us may have it in hand, and get it through once the limits have been changed.
        await _keeping(ledger, publisher.end_predecessors(refused.place))
        published = 0 if refused.row.source else await _keeping(ledger, publisher.last_number(refused.place))
        self._acknowledged.append(_up_to(self._batch, refused.place, published))
        if any(row.id == refused.row.id for row, _ in self._acknowledged[-1]):
            return  # refused now, but a try before the brokers' limits were changed had got through
        self._batch = await make_way(ledger, self._batch, refused.row, refused.why)
        row = refused.row
        log.error("event_set_aside", topic=row.topic, type=row.type, id=row.event_id, error=refused.why)


async def make_way(ledger: RelayLedger, batch: Batch, refused: Outgoing, why: str) -> Batch:
    """Set a row aside; returns the stored batch without it and without what is behind it in its partition.

    None of those was sent: they get their numbers anew, so that there is no gap where the refused one would have been.
    """
    place, behind = (refused.topic, refused.partition), False
    rest = []
    for row, number in batch:
        behind = behind or row.id == refused.id
        if not behind or (row.topic, row.partition) != place:
            rest.append((row, number))
    await ledger.set_aside(refused, why, rest)
    return rest


def _up_to(batch: Batch, place: Place, number: int) -> Batch:
    return [(row, own) for row, own in batch if (row.topic, row.partition) == place and 0 < own <= number]


async def _keeping(ledger: RelayLedger, work: Awaitable[T]) -> T:
    """Await `work`, and meanwhile keep the shard ours; raises Transient where the brokers do not answer."""
    return await keeping(ledger.keep, work, within=_KAFKA_SECONDS)
