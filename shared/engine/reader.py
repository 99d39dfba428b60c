"""One subscription of one instance: what is read is applied, whatever interrupts it, from where it stands."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field

import structlog

from shared.engine.ahead import Ahead, Turn, soon
from shared.engine.applier import Applied, Applier
from shared.engine.decode import Decoded
from shared.engine.event import Record
from shared.engine.ledger import Place
from shared.engine.places import SILENT, Places
from shared.engine.reading import FenceStore, Portion, Reading, Source, Taken, cut
from shared.engine.remembered import WentBack
from shared.engine.timers import followed_topics
from shared.telemetry import metrics

log = structlog.get_logger()
_AGAIN, _RECOVERY = 0.5, 1.0
_PORTIONS = 4
"""So many are taken at once: while one is applied, the next is decoded. Members that join wait for all of them."""


@dataclass(slots=True)
class Reader:
    """Takes, applies, takes again. Wherever an exception or a cancellation leaves it, nothing is lost or skipped."""

    applier: Applier
    fences: FenceStore
    reading: Reading
    source: Source
    is_infrastructure: Callable[[Exception], bool]
    applied: Callable[[Applied], None]
    stream: bool
    busy: AbstractAsyncContextManager[object] = field(default_factory=asyncio.Lock)
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    clock: Callable[[], float] = time.monotonic
    soon: Callable[[Callable[[], None]], Turn] = soon
    places: Places = field(init=False)
    errors: dict[str, str] = field(default_factory=dict)
    progressed_at: float = field(init=False)
    assigned_once: bool = False
    restarted: str | None = None
    closing: bool = False
    portion: Portion = field(init=False)
    _committed: dict[Place, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.progressed_at = self.clock()
        self.portion = Portion(self.reading.batch_s, self.reading.records)
        self.places = Places(
            self.group,
            self.source,
            self.fences,
            lambda: self.applier.breaker,
            self.clock,
            self.reading.probe_after,
            self.stream,
            follows=followed_topics(self.applier.subscription),
        )

    @property
    def group(self) -> str:
        return self.applier.subscription.group

    @property
    def paused(self) -> dict[Place, str]:
        return self.places.paused

    # --- batches

    async def take(self) -> tuple[Record, ...]:
        """The next records, or none after a while. Records that were taken before and not applied come again."""
        if self.places.rewind():
            metrics.BATCH_RETRIES.labels(self.group, "").inc()
            await self.sleep(_AGAIN)
        taken = Taken()
        async with self._trying("fetching"):
            taken = await self.source.take(self.portion.records * _PORTIONS, self.reading.bytes)
        records, unexpected = self.places.positions.receive(taken)
        if unexpected:
            self.places.reposition(unexpected, "Kafka's client reads on elsewhere")
        if not records:
            self.places.positions.complete()
        return records

    async def read(self, records: Sequence[Record]) -> None:
        """Apply what was taken. What could not be applied is taken again."""
        due = self.clock() + self.reading.pace if len(records) < self.reading.small else None
        try:
            if due is not None:
                # aiokafka would fetch at once, get one record, and then nothing until that is handled.
                self.places.holding = True
                self.places.update_fetching()
            async with self._trying("reading"):
                async with self.busy:
                    await self._apply_parts(records)
                if due is not None:
                    await self.sleep(max(due - self.clock(), 0))
        finally:
            self.places.holding = False
            self.places.rewind()
            self.places.update_fetching()

    async def _apply_parts(self, records: Sequence[Record]) -> None:
        for part in cut(records, self.reading.bytes):
            rest, ahead = part, Ahead(self.applier.decode, self.soon)
            while rest:
                size = self.portion.records
                portion, rest = rest[:size], rest[size:]
                decoded, left = ahead.take(portion), self.places.positions.left(portion)
                ahead.begin(rest[:size])
                try:
                    if left and not await self._apply(left, decoded if left is portion else None):
                        return
                finally:
                    ahead.end()
        self.places.positions.complete()

    async def _apply(self, records: Sequence[Record], decoded: Sequence[Decoded] | None) -> bool:
        """Apply with back-off; False once it has taken so long that other partitions should have a turn, or where fewer
        records are to be tried. What failed is decoded anew: a handler may have changed what it was given.
        """
        pause, until = 0.05, self.clock() + self.reading.backoff_max
        while True:
            begun = self.clock()
            try:
                applied = await self.applier.apply(records, self.places.positions.fences, decoded)
            except Exception as error:
                decoded, kind = None, type(error).__name__
                self.errors["applying"] = kind
                metrics.BATCH_RETRIES.labels(self.group, records[0].topic).inc()
                log.warning("batch_retried", group=self.group, error=kind, exc_info=not self.is_infrastructure(error))
                self.portion.took(len(records), self.clock() - begun)
                if isinstance(error, WentBack) or self.clock() + pause > until or self.portion.records < len(records):
                    return False
                await self.sleep(pause)
                pause = min(pause * 2, 5)
            else:
                self.errors.pop("applying", None)
                seconds = self.clock() - begun
                self.portion.took(len(records), seconds)
                self._settle(records, applied, seconds)
                return True

    def _settle(self, records: Sequence[Record], applied: Applied, seconds: float) -> None:
        self.places.positions.apply(records)
        for place, reason in applied.paused.items():
            self.places.pause(place, reason)
        for place in applied.tripped:
            self.places.pause(place, "breaker: too many keys failed unexpectedly", probe=True)
        if applied.reverted:
            self.places.reposition(applied.reverted, "the fence in the database went back")
        self._progress()
        topic = records[0].topic
        metrics.BATCH_SIZE.labels(self.group, topic).observe(len(records))
        metrics.BATCH_SECONDS.labels(self.group, topic).observe(seconds)
        for (name, outcome), number in applied.counts.items():
            metrics.RECORDS.labels(self.group, name, outcome).inc(number)
        self.applied(applied)

    def _progress(self) -> None:
        self.progressed_at = self.clock()
        self.restarted = None

    @asynccontextmanager
    async def _trying(self, doing: str) -> AsyncIterator[None]:
        """Log an error of any kind and pause: nothing is lost by trying again."""
        try:
            yield
        except Exception as error:
            self.places.realign()
            self.errors[doing] = type(error).__name__
            log.warning("reader_failed", group=self.group, doing=doing, exc_info=error)
            await self.sleep(_RECOVERY)
        else:
            self.errors.pop(doing, None)

    # --- rebalance

    async def revoke(self) -> None:
        """Wait for the batch in flight, so that the next member does not begin it beside this one."""
        try:
            async with self.busy:
                await self.commit_offsets()
        finally:
            self._forget()

    async def assign(self) -> None:
        """Begin at the fences, whatever offsets Kafka remembers. What cannot be placed now is placed by `maintain`."""
        metrics.REBALANCES.labels(self.group).inc()
        self.assigned_once = True
        self._forget()
        async with self._trying("placing"), self.busy:
            await self.places.place_others()

    def _forget(self) -> None:
        self.places.forget()
        self._committed.clear()
        self.progressed_at = self.clock()

    # --- housekeeping, once a second

    async def maintain(self) -> None:
        """Once a second: see `Places.keep`. Raises infrastructure errors."""
        async with self.busy:
            try:
                level = await self.places.keep()
            except Exception as error:
                self.errors["housekeeping"] = type(error).__name__
                raise
            finally:
                self.places.update_fetching()
        self.errors.pop("housekeeping", None)
        self.errors.pop("placing", None)
        if level and (self.places.silent() or 0) < SILENT:
            self._progress()

    async def commit_offsets(self) -> None:
        """Tell Kafka how far we are, for its own tools; losing this changes nothing."""
        done = self.places.positions.done
        news = {place: offset for place, offset in done.items() if self._committed.get(place) != offset}
        if not news:
            return
        try:
            await self.source.commit(news)
        except Exception as error:  # noqa: BLE001  whatever it is
            log.info("commit_failed", group=self.group, error=type(error).__name__)
        else:
            self._committed.update(news)

    async def watch(self) -> None:
        while not self.closing:
            await self.sleep(1)
            reason = self.stuck()
            if reason is not None:
                self.restarted = reason
                metrics.READER_RESTARTS.labels(self.group).inc()
                log.error("reader_restarted", group=self.group, reason=reason)
                self._forget()
                await self.source.restart()
                self.errors.clear()

    def stuck(self) -> str | None:
        """Why the consumer has to be started again; None where it need not."""
        if self.closing:
            return None
        if (dead := self.source.dead()) is not None:
            return dead
        still = self.clock() - self.progressed_at
        known = self.errors or not self.places.positions.done
        return f"no progress for {still:.0f} s" if still > self.reading.patience and not known else None
