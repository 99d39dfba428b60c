"""Readiness means progress: every check of a service, from what its loops last saw. Asks nothing of the network."""

import time
from collections.abc import Iterable

from shared.engine.checks import Check
from shared.engine.housekeeping import Housekeeping
from shared.engine.places import SILENT
from shared.engine.reader import Reader

STUCK_SECONDS = 15
OUTBOX_SECONDS = 30
PARKED_RECORDS = 10_000


def check_service(obstacle: str | None, kept: Housekeeping, readers: Iterable[Reader]) -> list[Check]:
    """`obstacle` says why the service has not begun; nothing else is looked at while there is one."""
    if obstacle is not None:
        return [Check("start", "failing", obstacle)]
    silent = time.monotonic() - kept.seen_database_at
    database = (
        Check("database", "failing", f"no answer for {silent:.0f} s") if silent > STUCK_SECONDS else Check("database")
    )
    waited = kept.outbox_age
    relay = Check("relay")
    if kept.set_aside:
        relay = Check("relay", "degraded", f"the brokers refuse events, {kept.set_aside} wait: see `rapport outbox`")
    elif waited > OUTBOX_SECONDS:
        relay = Check("relay", "degraded", f"the oldest event has waited for {waited:.0f} s")
    parked = (
        Check("parking", "degraded", f"{kept.parked} records wait for an operator: `rapport parked` says why")
        if kept.parked >= PARKED_RECORDS
        else Check("parking")
    )
    return [database, *map(check_reader, readers), relay, parked]


def check_reader(reader: Reader) -> Check:
    """Failing where a reader makes no progress although something waits, with what is known of the cause."""
    name = f"reading {reader.group}"
    if (obstacle := _obstacle(reader) or _standstill(reader)) is not None:
        return Check(name, "failing", obstacle)
    if not reader.source.assigned():
        return Check(name, "ok", "standby: other members have every partition")
    if reader.paused:
        (topic, partition), reason = next(iter(reader.paused.items()))
        return Check(name, "degraded", f"{len(reader.paused)} partitions stopped, {topic}/{partition} first: {reason}")
    return Check(name)


def _obstacle(reader: Reader) -> str | None:
    if not reader.assigned_once:
        return f"waiting for its first assignment{_because(reader)}"
    if reader.restarted is not None:
        return f"started again: {reader.restarted}{_because(reader)}"
    missing = ", ".join(reader.source.missing())
    return f"Kafka has no topic {missing}" if missing else None


def _standstill(reader: Reader) -> str | None:
    # The silence of the brokers comes last: a stuck database or partition keeps them from being asked.
    stalled, silent = reader.clock() - reader.progressed_at, reader.places.silent()
    if stalled > STUCK_SECONDS and reader.errors:
        return f"no progress for {stalled:.0f} s{_because(reader)}"
    if silent is not None and silent > SILENT and not reader.places.positions.in_flight:
        return "the brokers do not answer"
    if stalled > STUCK_SECONDS and any(reader.places.lag().values()):
        return f"no progress for {stalled:.0f} s"
    return None


def _because(reader: Reader) -> str:
    return "".join(f", {doing}: {kind}" for doing, kind in reader.errors.items())
