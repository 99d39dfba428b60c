"""The relay: outbox rows leave in the order of their ids, with numbers that prove it. The only file that publishes.

A crash between sending and forgetting sends the stored batch again, with the same numbers; readers drop it by its mark.
"""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Self

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from shared.engine import faults
from shared.engine.ledger import Outgoing, RelayLedger
from shared.engine.outbox import headers_of, key_of
from shared.engine.traced import under_spans
from shared.errors import Transient

log = structlog.get_logger()
Batch = Sequence[tuple[Outgoing, int]]
Publish = Callable[[Batch], Awaitable[None]]
_BATCH_BYTES = 1024 * 1024
_SEND_SECONDS = 60
_FEW, _PACE_S = 100, 0.005
_FORGET_S, _LOOK_S = 0.2, 1.0
"""How long what was sent stays where nothing follows it, and how often an outbox that nobody spoke of is looked at."""


async def relay_once(ledger: RelayLedger, publish: Publish, sent: Batch, limit: int) -> Batch:
    """Forget what was sent, store the next batch with its numbers, and only then send it.

    Returns what was sent, empty where nothing waits. Raises Transient or Kafka's errors: the caller lets go of the
    ledger and the producer then, and a relay that starts again sends the stored batch first.
    """
    batch = await ledger.store(sent, limit)
    if batch:
        faults.point("relay.before_send")
        await publish(batch)
        faults.point("relay.after_send")
    return batch


class KafkaPublisher:
    """An idempotent producer of one service. One batch at a time; order is kept per partition."""

    def __init__(self, source: str, options: dict[str, Any], *, traced: bool = False) -> None:
        self._source = source.encode()
        self._traced = traced
        self._producer = AIOKafkaProducer(
            acks="all",
            enable_idempotence=True,
            max_batch_size=_BATCH_BYTES,
            max_request_size=2 * 1024 * 1024,
            **options,
        )

    async def __aenter__(self) -> Self:
        await self._producer.start()
        return self

    async def __aexit__(self, *exc: object) -> None:
        """End without a flush: what is buffered belongs to the stored batch, which somebody else may be sending now.

        aiokafka has no public way: its `stop` flushes, and waits for ever where a broker is gone.
        """
        producer = self._producer
        producer._closed = True  # noqa: SLF001  see above
        with contextlib.suppress(asyncio.CancelledError, Exception):
            await producer._sender.close()  # noqa: SLF001
        await producer.client.close()

    async def publish(self, batch: Batch) -> None:
        """Send the whole batch and wait for every acknowledgement."""
        acknowledgements = []
        for (topic, partition), rows in _by_partition(under_spans(batch) if self._traced else batch).items():
            builder = self._producer.create_batch()
            for row, sequence in rows:
                record = {
                    "timestamp": None,
                    "key": key_of(row),
                    "value": row.payload,
                    "headers": headers_of(row, self._source, sequence),
                }
                if builder.append(**record) is None:
                    acknowledgements.append(await self._producer.send_batch(builder, topic, partition=partition))
                    builder = self._producer.create_batch()
                    builder.append(**record)
            acknowledgements.append(await self._producer.send_batch(builder, topic, partition=partition))
        await asyncio.gather(*acknowledgements)


def _by_partition(batch: Batch) -> dict[tuple[str, int], list[tuple[Outgoing, int]]]:
    rows: dict[tuple[str, int], list[tuple[Outgoing, int]]] = {}
    for row, sequence in batch:
        rows.setdefault((row.topic, row.partition), []).append((row, sequence))
    return rows


class Relay:
    """Relays one shard for as long as it holds it; where another instance does, waits for its turn.

    `relayed` is told of each acknowledged batch, the seconds it took, and whether it was sent before.
    """

    def __init__(
        self,
        hold: Callable[[], contextlib.AbstractAsyncContextManager[RelayLedger]],
        publisher: Callable[[], KafkaPublisher],
        *,
        limit: int,
        relayed: Callable[[Batch, float, bool], None],
    ) -> None:
        self.woken = asyncio.Event()
        self.holding = False
        self._hold = hold
        self._publisher = publisher
        self._limit = limit
        self._relayed = relayed

    async def run(self) -> None:
        """Run until cancelled."""
        pause = 0.1
        while True:
            try:
                async with self._hold() as ledger, self._publisher() as publisher:
                    self.holding, pause = True, 0.1
                    await self._drain(ledger, publisher)
            except (Transient, KafkaError, OSError, TimeoutError) as error:
                log.warning("relay_interrupted", error=type(error).__name__, retry_s=pause)
            finally:
                self.holding = False
            await asyncio.sleep(pause)
            pause = min(pause * 2, 5)

    async def _drain(self, ledger: RelayLedger, publisher: KafkaPublisher) -> None:
        async def publish(batch: Batch) -> None:
            await self._publish(ledger, publisher, batch)

        sent: Batch = await ledger.stored()
        if sent:
            log.info("relay_resends", records=len(sent))
            await self._publish(ledger, publisher, sent, again=True)
        while True:
            self.woken.clear()
            sent = await relay_once(ledger, publish, sent, self._limit)
            if len(sent) < _FEW:
                await self._gather(_FORGET_S if sent else _LOOK_S)

    async def _gather(self, seconds: float) -> None:
        """Let some more come: one transaction then forgets what was sent and stores what is next."""
        await asyncio.sleep(_PACE_S)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.woken.wait(), seconds)

    async def _publish(
        self, ledger: RelayLedger, publisher: KafkaPublisher, batch: Batch, *, again: bool = False
    ) -> None:
        """Publish, and meanwhile use the ledger's connection every second, which is what keeps the shard ours."""
        begun = time.perf_counter()
        sending = asyncio.ensure_future(publisher.publish(batch))
        try:
            for _ in range(_SEND_SECONDS):
                done, _ = await asyncio.wait({sending}, timeout=1)
                if done:
                    break
                await ledger.keep()
            else:
                raise Transient(f"no acknowledgement in {_SEND_SECONDS} s")
            await sending
        finally:
            sending.cancel()
        self._relayed(batch, time.perf_counter() - begun, again)
