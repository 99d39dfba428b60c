"""What no fence guards, while the database has gone back and while it is recovered: requests, workers and timers."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from functools import partial
from typing import NoReturn
from uuid import uuid4

import asyncpg
import pytest

from shared.engine.event import Event
from shared.engine.postgres import PostgresTransaction
from shared.engine.service import Service
from shared.engine.subscription import Due, Subscription
from shared.engine.transaction import Transaction
from shared.errors import Transient
from tests.integration.engine.probe import NAME, Probe, check, eventually, noting

pytestmark = [pytest.mark.stack, pytest.mark.slow]
# `at` is when the transaction began
EFFECT = "insert into effect (group_id, event_id, member, at) values ($1, gen_random_uuid()::text, $2, now())"
NOTICED = "insert into setback (reason) values ('the test noticed it')"
RECOVERED = "insert into operator_action (action, subject, reason) values ('recover', '{}', 'by the test')"
RECOVERY = "select pg_advisory_xact_lock(hashtext('rapport.recovery'))"


async def note(tx: Transaction, kind: str, service: Service) -> None:
    """An effect, and whether it was made by somebody who knows that the database was recovered."""
    assert isinstance(tx, PostgresTransaction)
    await tx.execute(EFFECT, kind, f"recovered: {service.database.recovered}")


async def work(service: Service, kind: str) -> NoReturn:
    while True:
        with suppress(Transient, asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
            async with service.transaction() as tx:
                await note(tx, kind, service)
        await asyncio.sleep(0.01)


def with_timers() -> Subscription:
    async def nothing(events: Sequence[Event[object]], tx: Transaction) -> None:
        del events, tx

    hears = noting("unfenced", "crm.contacts", act=nothing)

    @hears.timer("unfenced")
    async def fire(due: Sequence[Due], tx: Transaction) -> None:
        for _ in due:
            await tx.execute(EFFECT, "a timer", "")

    return hears


@asynccontextmanager
async def at_work(probe: Probe) -> AsyncIterator[Service]:
    """A service whose worker and whose requests write all the time."""
    await probe.rows("delete from effect")
    service = Service(NAME, probe.settings(), [with_timers()], workers=[partial(work, kind="a worker")])
    await service.start()
    try:
        await check(service, "ok")
        requests = asyncio.create_task(work(service, "a request"))
        for kind in ("a worker", "a request"):
            await eventually(partial(_effects, probe, kind, datetime.min.replace(tzinfo=UTC)), kind)
        yield service
        requests.cancel()
    finally:
        await service.stop()
        await probe.rows("delete from setback")


async def at_once(probe: Probe, statement: str) -> datetime:
    """What another instance, or an operator's recovery, commits, and then a timer that is due. When it had committed:
    who began before may not have seen it."""
    connection = await asyncpg.connect(probe.stack.superuser_dsn(NAME))
    try:
        async with connection.transaction():
            await connection.execute(RECOVERY)
            await connection.execute(statement)
        at: datetime = await connection.fetchval("select clock_timestamp()")
        due = "insert into timer (name, id, partition, due_at) values ('unfenced', $1, 4, now() - interval '1 hour')"
        await connection.execute(due, uuid4())
        return at
    finally:
        await connection.close()


async def _effects(probe: Probe, kind: str, since: datetime) -> list[str]:
    rows = await probe.rows("select member from effect where group_id = $1 and at > $2", kind, since)
    return [row["member"] for row in rows]


async def test_once_it_is_known_that_the_database_went_back_nothing_is_written(probe: Probe) -> None:
    async with at_work(probe) as service:
        at = await at_once(probe, NOTICED)
        await eventually(lambda: _is_restored(service), "the refusal to go on")
        found = [await _effects(probe, kind, at) for kind in ("a worker", "a request", "a timer")]
        assert found == [[], [], []]
        with pytest.raises(Transient, match="the test noticed it"):
            async with service.transaction():
                pass


async def test_whoever_missed_a_recovery_writes_nothing_before_it_knows_what_was_published(probe: Probe) -> None:
    """It would publish again what the recovery found on the topics."""
    await probe.rows("delete from published")
    async with at_work(probe):
        await probe.rows("insert into published (hashed, event_id) values ('\\x00', 'a record of the test')")
        at = await at_once(probe, RECOVERED)
        for kind in ("a worker", "a request"):
            members = await eventually(partial(_effects, probe, kind, at), f"{kind} after the recovery")
            assert set(members) == {"recovered: True"}, kind
        await eventually(partial(_effects, probe, "a timer", at), "the timer after the recovery")
    await probe.rows("delete from published")


async def test_during_a_recovery_nothing_is_written_and_it_waits_for_what_is_being_written(probe: Probe) -> None:
    async with at_work(probe) as service:
        connection = await asyncpg.connect(probe.stack.superuser_dsn(NAME))
        try:
            async with service.transaction() as tx:
                await note(tx, "the last before", service)
                async with asyncio.timeout(60):
                    recovery = asyncio.create_task(_hold(connection))
                    while not await probe.rows("select from pg_locks where locktype = 'advisory' and not granted"):
                        assert not recovery.done(), "it did not wait"
                        await asyncio.sleep(0.05)
            at = await recovery
            await asyncio.gather(*(_refused(service) for _ in range(5)))
            found = [await _effects(probe, kind, at) for kind in ("a worker", "a request")]
            assert found == [[], []]
        finally:
            await connection.close()


async def _hold(connection: asyncpg.Connection) -> datetime:
    await connection.execute("begin")
    await connection.execute(RECOVERY)
    at: datetime = await connection.fetchval("select clock_timestamp()")
    return at


async def _refused(service: Service) -> None:
    with pytest.raises(Transient, match="recovered"):
        async with service.transaction():
            pass


async def _is_restored(service: Service) -> bool:
    return (await service.ready())[0].detail.startswith("restored: ")
