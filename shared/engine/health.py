"""Readiness means progress: what is checked, and what is measured for it."""

import time
from typing import TYPE_CHECKING

import asyncpg
from aiokafka.errors import KafkaError

from shared.engine.postgres import SQL, is_infrastructure
from shared.http.readiness import Check
from shared.telemetry import metrics

if TYPE_CHECKING:
    from shared.engine.service import Service
    from shared.engine.subscriber import Reader

STUCK_SECONDS = 15
OUTBOX_SECONDS = 30


def may_pass(error: BaseException) -> bool:
    """True for errors of the network, of Kafka and of the database, which an operator sees elsewhere too."""
    return isinstance(error, KafkaError | asyncpg.PostgresError) or is_infrastructure(error)


def checks(service: "Service") -> list[Check]:
    """Every check of a service, from what its loops last saw; asks nothing of the network."""
    if service.obstacle is not None:
        return [Check("start", "failing", service.obstacle)]
    silent = time.monotonic() - service.seen_database_at
    found = [
        Check("database", "failing", f"no answer for {silent:.0f} s") if silent > STUCK_SECONDS else Check("database")
    ]
    found += [_reading(reader) for reader in service.readers]
    if service.outbox_age > OUTBOX_SECONDS:
        found.append(Check("relay", "degraded", f"the oldest event has waited for {service.outbox_age:.0f} s"))
    else:
        found.append(Check("relay"))
    return found


def _reading(reader: "Reader") -> Check:
    name, stalled = f"reading {reader.group}", time.monotonic() - reader.progressed_at
    polled = reader.polled_at()
    if not reader.assigned_once:
        return Check(name, "failing", "waiting for its first assignment")
    if polled is None:
        return Check(name, "ok", "standby: other members have every partition")
    if time.time() - polled > STUCK_SECONDS:
        return Check(name, "failing", "the brokers do not answer")
    waiting = sum(lag for place, lag in reader.lag().items() if place not in reader.paused)
    if waiting and stalled > STUCK_SECONDS:
        return Check(name, "failing", f"no progress for {stalled:.0f} s, last error {reader.trouble or 'none'}")
    if reader.paused:
        first = next(iter(reader.paused))
        return Check(name, "degraded", f"{len(reader.paused)} partitions stopped, {first[0]}/{first[1]} first")
    return Check(name)


async def measure(service: "Service") -> float:
    """Set the gauges; returns the age of the oldest waiting event in seconds."""
    (outbox,) = await service.database.main.fetch(SQL["outbox_depth"])
    age = float(outbox["age"] or 0)
    metrics.OUTBOX_DEPTH.labels(service.name).set(outbox["depth"])
    metrics.OUTBOX_AGE.labels(service.name).set(age)
    for reader in service.readers:
        lags: dict[str, int] = {}
        for (topic, _), lag in reader.lag().items():
            lags[topic] = lags.get(topic, 0) + lag
        for topic, lag in lags.items():
            stopped = sum(place[0] == topic for place in reader.paused)
            metrics.LAG.labels(reader.group, topic).set(lag)
            metrics.STOPPED.labels(reader.group, topic).set(stopped)
    for row in await service.database.main.fetch(SQL["parked_keys"]):
        metrics.PARKED.labels(row["group_id"], row["topic"]).set(row["keys"])
    for row in await service.database.main.fetch(SQL["quarantined_records"]):
        metrics.QUARANTINED.labels(row["group_id"], row["topic"]).set(row["records"])
    return age
