"""A database that goes back, to a backup or under services at work, is older than its topics."""

import asyncio
import signal
import subprocess
from collections.abc import Sequence
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from shared import clock
from shared.engine.event import Emission, Event
from shared.engine.own_topics import Known, OwnTopics, open_topics, sequence_of
from shared.engine.postgres import PostgresLedger, PostgresTransaction
from shared.engine.publisher import send_again
from shared.engine.recovery import recover
from shared.engine.remembered import Remembered, WentBack
from shared.engine.service import Service
from shared.engine.subscription import Subscription
from shared.engine.transaction import Transaction
from shared.events.tickets import TicketReopened
from tests.faults.evidence import read_topics, sequence_faults
from tests.integration.engine.probe import (
    CHOICE,
    NAME,
    Probe,
    check,
    eventually,
    member,
    noting,
    of_shop,
    reopened,
    stands_still,
)

pytestmark = [pytest.mark.stack, pytest.mark.slow]
PARTY = uuid4()


async def test_a_restored_database_waits_for_its_operator_and_numbers_on(probe: Probe) -> None:
    before, between, after = ([uuid4() for _ in range(5)] for _ in range(3))
    async with probe.running():
        await probe.emit(reopened(event_id, 4) for event_id in before)
        await eventually(lambda: _published(probe, before), "events before the backup")
        await eventually(lambda: _nothing_waits(probe), "the relay's last word")
    await _back_up(probe)
    async with probe.running():
        await probe.emit(reopened(event_id, 4) for event_id in between)
        await eventually(lambda: _published(probe, between), "events after the backup")
    await _put_back(probe)

    async with probe.running() as service:
        obstacle = await eventually(lambda: _restored(service), "the refusal to go on")
        assert "run `rapport recover`" in obstacle
        await _refuses(service)
        await probe.emit(reopened(event_id, 4) for event_id in after)
        found = probe.rapport("recover", NAME, "--reason", "restored in a test")
        assert {line["id"] for line in found["written"]} == {str(event_id) for event_id in between}
        await check(service, "ok")
        await eventually(lambda: _published(probe, after), "events after the recovery")
    assert await _ids(probe, 4) == [str(event_id) for event_id in before + between + after]


async def test_facts_that_come_again_after_a_restore_are_not_published_again(probe: Probe) -> None:
    """Also a row that the backup had still to send, and a batch that it had begun to send."""
    begun, lost = "before", "after"
    retelling = _retelling("retelling", 5, begun, lost, "last")
    async with probe.running(retelling):
        await _send(probe, begun, 20)
        await eventually(lambda: _retold(probe, begun, 20), "facts before the backup")
        await eventually(lambda: _nothing_waits(probe), "the relay's last word")
    unsent = [uuid4() for _ in range(3)]
    await probe.emit(reopened(event_id, 5) for event_id in unsent)
    await probe.rows(
        "update relay_batch set ids = (select array_agg(id) from outbox), "
        "sequences = (select array_agg(sequence + place) from relay_position, generate_series(1, 3) as place "
        "where (topic, partition) = ('crm.tickets', 5))"
    )
    await _back_up(probe)
    async with probe.running(retelling):
        await _send(probe, lost, 20)
        await eventually(lambda: _retold(probe, lost, 20), "facts after the backup")
    first = await _ids(probe, 5)
    await _put_back(probe)

    async with probe.running(retelling) as service:
        await eventually(lambda: _restored(service), "the refusal to go on")
        for _ in range(2):
            probe.rapport("recover", NAME, "--reason", "restored in a test")
        await check(service, "ok")
        await _send(probe, "last", 5)
        await eventually(lambda: _retold(probe, "last", 5), "facts after the recovery")
        await eventually(lambda: _nothing_waits(probe), "the relay's last word")
    ids = await _ids(probe, 5)
    assert ids[: len(first)] == first
    assert len(ids) == len(set(ids)) == 20 + 3 + 20 + 5
    causes = [(await _causes(probe, name)) for name in (begun, lost, "last")]
    assert [len(each) for each in causes] == [20, 20, 5]


async def test_a_database_that_goes_back_under_a_running_service_is_noticed_and_recovered(probe: Probe) -> None:
    retelling = _retelling("live", 6, "early", "late", "then")
    async with probe.running(retelling):
        await _send(probe, "early", 10)
        await eventually(lambda: _retold(probe, "early", 10), "facts before the backup")
        await eventually(lambda: _nothing_waits(probe), "the relay's last word")
    await _back_up(probe)  # nobody may be connected to what is copied
    async with probe.running(retelling) as service:
        await _send(probe, "late", 10)
        await eventually(lambda: _retold(probe, "late", 10), "facts after the backup")
        await _put_back(probe)
        obstacle = await eventually(lambda: _restored(service), "that the database went back")
        assert "run `rapport recover`" in obstacle
        await _send(probe, "then", 10)
        probe.rapport("recover", NAME, "--reason", "went back in a test")
        await check(service, "ok")
        await eventually(lambda: _retold(probe, "then", 10), "facts after the recovery")
        await eventually(lambda: _nothing_waits(probe), "the relay's last word")
    ids = await _ids(probe, 6)
    assert len(ids) == len(set(ids)) == 30
    assert [len(await _causes(probe, name)) for name in ("early", "late", "then")] == [10, 10, 10]


async def test_a_relay_that_slept_through_a_restore_writes_nothing_under_the_numbers_of_its_successor(
    probe: Probe,
) -> None:
    """Nothing was published since the backup, so that the database is as far as its topics."""
    first, unknown, elsewhere, then = (uuid4() for _ in range(4))
    others = len(await _ids(probe, 7))
    async with probe.running():
        await probe.emit([reopened(first, 7)])
        await eventually(lambda: _published(probe, [first]), "an event before the backup")
        await eventually(lambda: _nothing_waits(probe), "the relay's last word")
    await _back_up(probe)
    with member(probe, "-", "asleep", fault="relay.before_send:stop@1,relay.after_send:kill@1") as asleep:
        await probe.emit([reopened(unknown, 7)])
        await eventually(lambda: stands_still(asleep.pid), "a relay with a batch in hand")
        await _put_back(probe)
        async with probe.running() as service:
            await check(service, "ok")
            await probe.emit([reopened(elsewhere, 8)])
            await eventually(lambda: _published(probe, [elsewhere]), "an event in another partition")
            asleep.send_signal(signal.SIGCONT)
            await eventually(lambda: _ended_or(asleep, service), "that it sent what it had, or that it was refused")
            if await _restored(service):  # it knows another database than it found
                probe.rapport("recover", NAME, "--reason", "put back in a test")
                await check(service, "ok")
            await probe.emit([reopened(then, 7)])
            await eventually(lambda: _published(probe, [then]), "an event in the same partition")
            await eventually(lambda: _nothing_waits(probe), "the relay's last word")
    # What slept may have sent the last one too, and have ended before it forgot it: then it stands there twice, under
    # one number.
    assert list(dict.fromkeys((await _ids(probe, 7))[others:])) == [str(first), str(then)]


@pytest.mark.parametrize("group", ["known", "new"])
async def test_a_batch_of_a_member_that_missed_a_recovery_is_not_applied(probe: Probe, group: str) -> None:
    """Not even where the recovery found no fence of it: it does not know what the topics held already."""
    hears, place = noting(f"missed-{group}", "crm.contacts"), ("crm.contacts", 0)
    remembered = Remembered()
    async with asyncpg.create_pool(probe.stack.dsn(NAME), min_size=1, max_size=2) as pool:  # readers keep one
        ledger = PostgresLedger(pool, clock.now, partial(asyncio.sleep, 0), remembered=remembered, fenced=True)
        remembered.recoveries = await pool.fetchval("select count(*) from operator_action where action = 'recover'")
        if group == "known":
            async with ledger.transaction(hears) as tx:
                await tx.lock_fences([place])
        async with (
            pool.acquire() as connection,
            connection.transaction(),
            open_topics("/nobody", {}) as topics,
        ):
            await recover(PostgresTransaction(connection, None, clock.now()), None, topics, "missed in a test")
        with pytest.raises(WentBack, match="recovered meanwhile"):
            async with ledger.transaction(hears) as tx:
                await tx.lock_fences([place])


@pytest.mark.parametrize("numbers", [[1, 2, 3, 4, 3], [1, 2, 3, 4, 3, 4, 3], [*range(1, 90), *range(3, 80)]])
async def test_a_repetition_that_was_cut_short_is_completed(probe: Probe, numbers: list[int]) -> None:
    """By a relay that was killed while it sent its batch again; then the database went back to a time before."""
    topic, options = f"repeated-{len(numbers)}", {"bootstrap_servers": probe.stack.bootstrap}
    place, last = TopicPartition(topic, 0), max(numbers)
    admin = AIOKafkaAdminClient(**options)
    await admin.start()
    await admin.create_topics([NewTopic(topic, 1, 1)])
    await admin.close()
    async with AIOKafkaProducer(**options) as producer:
        for number in numbers:
            await producer.send(topic, b"%d" % number, headers=[("ce_sequence", b"%020d" % number), ("none", None)])
    async with AIOKafkaConsumer(**options, enable_auto_commit=False) as consumer:
        read = OwnTopics(consumer, {place: 0}, {place: len(numbers)})
        assert set(await read.find_missed(Known({(topic, 0): 2}, {}))) == {(topic, 0)}
        stored = {(topic, 0): dict.fromkeys(range(3, last), "")}
        assert await read.find_missed(Known({(topic, 0): 2}, stored)) == {(topic, 0): last}
        stored[topic, 0][last] = ""
        assert await read.find_missed(Known({(topic, 0): 2}, stored)) == {}
        beyond = [record async for records in read.beyond({(topic, 0): 2}) for record in records]
        missing = [record async for records in read.left_out() for record in records]
        await send_again(missing, options)
        read = OwnTopics(consumer, {place: 0}, {place: len(numbers) + len(missing)})
        assert await read.find_missed(Known({(topic, 0): last}, {})) == {}
        assert [record async for records in read.left_out() for record in records] == []
    assert [sequence_of(record) for record in beyond] == list(range(3, last + 1))
    assert [sequence_of(record) for record in missing] == list(range(numbers[-1] + 1, last + 1))


def _retelling(group: str, partition: int, *names: str) -> Subscription:
    """A service that tells of every fact of these names on crm.tickets."""

    async def retell(events: Sequence[Event[Any]], tx: Transaction) -> None:
        tx.emit(
            Emission(
                TicketReopened(ticket_id=UUID(int=1), party_id=PARTY, request_event_id=event.id, recorded_at=event.now),
                event.now,
                event,
                partition=partition,
            )
            for event in events
            if event.id.partition(" ")[0] in names
        )

    return noting(group, "crm.ingest", act=retell)


async def _send(probe: Probe, name: str, count: int) -> None:
    async with AIOKafkaProducer(bootstrap_servers=probe.stack.bootstrap, acks="all") as producer:
        for number in range(count):
            await producer.send("crm.ingest", CHOICE, key=b"%d" % number, headers=of_shop(f"{name} {number}"))


async def _causes(probe: Probe, name: str) -> list[str]:
    """The facts of this name that were told, as often as they were."""
    records = await read_topics(probe.stack.bootstrap, ["crm.tickets"])
    told = [str(record.data["request_event_id"]) for record in records]
    return [cause for cause in told if cause.startswith(f"{name} ")]


async def _retold(probe: Probe, name: str, count: int) -> bool:
    return len(set(await _causes(probe, name))) == count


async def _ids(probe: Probe, partition: int) -> list[str]:
    records = await read_topics(probe.stack.bootstrap, ["crm.tickets"])
    assert sequence_faults(records) == []
    return [record.id for record in records if record.partition == partition]


async def _back_up(probe: Probe) -> None:
    await probe.rows(f"create database backup template {NAME}", database="postgres")


async def _put_back(probe: Probe) -> None:
    """Whoever is connected is disconnected, and finds the backup under the same name."""
    await probe.rows(f"alter database {NAME} with allow_connections false", database="postgres")
    await probe.rows(f"drop database {NAME} with (force)", database="postgres")
    await probe.rows(f"alter database backup rename to {NAME}", database="postgres")


async def _refuses(service: Service) -> None:
    """To read, to write, and to do what an operator asks over HTTP."""
    with pytest.raises(WentBack):
        async with service.read():
            pass
    with pytest.raises(WentBack):
        async with service.transaction():
            pass
    with pytest.raises(WentBack):
        service.operations("staff-1")


async def _ended_or(asleep: subprocess.Popen[bytes], service: Service) -> bool:
    return asleep.poll() is not None or await _restored(service) is not None


async def _restored(service: Service) -> str | None:
    (first, *_) = await service.ready()
    return first.detail if first.state == "failing" and first.detail.startswith("restored: ") else None


async def _published(probe: Probe, ids: Sequence[UUID]) -> bool:
    found = {record.id for record in await read_topics(probe.stack.bootstrap, ["crm.tickets"])}
    return {str(event_id) for event_id in ids} <= found


async def _nothing_waits(probe: Probe) -> bool:
    return not await probe.rows("select 1 from outbox union all select 1 from relay_batch where ids <> '{}'")
