"""What is measured every few seconds, and what is deleted once it is too old."""

import asyncio
import time
from collections.abc import Sequence
from datetime import timedelta
from typing import NoReturn

import structlog

from shared.engine.change_log import ChangeLog
from shared.engine.database import Database
from shared.engine.operations import measure_outbox
from shared.engine.postgres import SQL
from shared.engine.postgres_relay import SQL as RELAY
from shared.engine.reader import Reader
from shared.telemetry import metrics

log = structlog.get_logger()
INBOX_KEPT, QUARANTINE_KEPT = timedelta(days=30), timedelta(days=30)
FROZEN_AFTER = timedelta(seconds=20)
"""A statement whose client says nothing for so long is ended, and frees what it locks."""
_MEASURE_S = 2
_PURGE_S = 3600
_PURGE_CHANGES_S = 60


class Housekeeping:
    """Sets a service's gauges, purges its engine's tables, ends frozen sessions; readiness asks what it last saw."""

    def __init__(self, service: str, database: Database) -> None:
        self._service = service
        self._database = database
        self.readers: Sequence[Reader] = ()
        self.outbox_age = 0.0
        self.set_aside = 0
        self._aside_topics: set[str] = set()
        self.parked = 0
        self.seen_database_at = 0.0

    async def run(self) -> NoReturn:
        purged = 0.0
        while True:
            await self._database.check_identity()
            await self._end_frozen()
            self.outbox_age = await self._measure()
            self.seen_database_at = time.monotonic()
            if time.monotonic() - purged > _PURGE_S:
                await self._database.main.execute(SQL["purge_inbox"], INBOX_KEPT)
                await self._database.main.execute(SQL["purge_quarantine"], QUARANTINE_KEPT)
                await self._database.main.execute(SQL["purge_published"], INBOX_KEPT)
                purged = time.monotonic()
            await asyncio.sleep(_MEASURE_S)

    async def _end_frozen(self) -> None:
        ended = await self._database.main.fetch(SQL["end_frozen"], FROZEN_AFTER)
        if ended:
            log.warning("frozen_sessions_ended", sessions=len(ended))

    async def _measure(self) -> float:
        """Set the gauges; returns the age of the oldest waiting event in seconds."""
        outbox = await measure_outbox(self._database.main)
        metrics.OUTBOX_DEPTH.labels(self._service).set(outbox.waiting)
        metrics.OUTBOX_AGE.labels(self._service).set(outbox.oldest_seconds)
        aside = {row["topic"]: row["waiting"] for row in await self._database.main.fetch(RELAY["count_set_aside"])}
        for topic in self._aside_topics | aside.keys():
            metrics.OUTBOX_SET_ASIDE.labels(self._service, topic).set(aside.get(topic, 0))
        self._aside_topics |= aside.keys()
        self.set_aside = sum(aside.values())
        for reader in self.readers:
            _measure_reader(reader)
        rows = await self._database.main.fetch(SQL["parked_keys"])
        for row in rows:
            metrics.PARKED.labels(row["group_id"], row["topic"]).set(row["keys"])
            metrics.PARKED_RECORDS.labels(row["group_id"], row["topic"]).set(row["records"])
        self.parked = sum(row["records"] for row in rows)
        for row in await self._database.main.fetch(SQL["quarantined_records"]):
            metrics.QUARANTINED.labels(row["group_id"], row["topic"]).set(row["records"])
        return outbox.oldest_seconds


def _measure_reader(reader: Reader) -> None:
    lags: dict[str, int] = {}
    for (topic, _), lag in reader.places.lag().items():
        lags[topic] = lags.get(topic, 0) + lag
    for topic, lag in lags.items():
        stopped = sum(place[0] == topic for place in reader.paused)
        metrics.LAG.labels(reader.group, topic).set(lag)
        metrics.STOPPED.labels(reader.group, topic).set(stopped)


async def keep_purging(log: ChangeLog) -> NoReturn:
    while True:
        await log.purge()
        await asyncio.sleep(_PURGE_CHANGES_S)


async def maintain_reader(reader: Reader) -> NoReturn:
    committed = time.monotonic()
    while True:
        await asyncio.sleep(1)
        await reader.maintain()
        if time.monotonic() - committed > reader.reading.commit_every:
            await reader.commit_offsets()
            committed = time.monotonic()
