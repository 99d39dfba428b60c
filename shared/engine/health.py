"""Readiness means progress: every check of a service, from what its loops last saw. Asks nothing of the network."""

import time
from collections.abc import Iterable

from shared.engine.checks import Check
from shared.engine.housekeeping import Housekeeping
from shared.engine.subscriber import Reader

STUCK_SECONDS = 15
OUTBOX_SECONDS = 30


def check_service(obstacle: str | None, kept: Housekeeping, readers: Iterable[Reader]) -> list[Check]:
    """`obstacle` says why the service has not begun; nothing else is looked at while there is one."""
    if obstacle is not None:
        return [Check("start", "failing", obstacle)]
    silent = time.monotonic() - kept.seen_database_at
    database = (
        Check("database", "failing", f"no answer for {silent:.0f} s") if silent > STUCK_SECONDS else Check("database")
    )
    waited = kept.outbox_age
    relay = (
        Check("relay", "degraded", f"the oldest event has waited for {waited:.0f} s")
        if waited > OUTBOX_SECONDS
        else Check("relay")
    )
    return [database, *map(check_reader, readers), relay]


def check_reader(reader: Reader) -> Check:
    """Failing where a reader makes no progress although something waits."""
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
