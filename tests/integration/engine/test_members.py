"""Several instances of one service: who handles what, and who relays, while one of them is stopped."""

import asyncio
import signal
from collections.abc import AsyncIterator
from uuid import uuid4

import asyncpg
import pytest
from aiokafka.admin import AIOKafkaAdminClient

from tests.faults.evidence import read_topics, resent, sequence_faults
from tests.integration.engine.probe import NAME, Probe, eventually, member, noting, reopened

pytestmark = [pytest.mark.stack, pytest.mark.slow]
TOPIC = "crm.contacts"


async def test_what_two_members_share_is_applied_once(probe: Probe) -> None:
    group = "support.shared"
    ids: dict[int, list[str]] = {partition: [] for partition in range(12)}
    async with probe.running(noting("shared", TOPIC, member="one")):
        await _write_everywhere(probe, ids)
        async with probe.running(noting("shared", TOPIC, member="two")):
            await _write_everywhere(probe, ids)

            async def both() -> bool:
                await _write_everywhere(probe, ids)
                return len(await probe.rows("select distinct member from effect where group_id = $1", group)) == 2

            await eventually(both, "work for both members", within=60)
            assert await _names_on_the_brokers(probe, group) == ["rapport.support.reader"] * 2
        await _write_everywhere(probe, ids)
        for partition, expected in ids.items():
            assert await probe.applied(group, partition, expected) == expected, "each once, in order"


async def _names_on_the_brokers(probe: Probe, group: str) -> list[str]:
    admin = AIOKafkaAdminClient(bootstrap_servers=probe.stack.bootstrap)
    await admin.start()
    try:
        (answer,) = await admin.describe_consumer_groups([group])
    finally:
        await admin.close()
    return [member[1] for _, _, _, _, _, members, *_ in answer.groups for member in members]


async def _write_everywhere(probe: Probe, ids: dict[int, list[str]]) -> None:
    for partition in ids:
        ids[partition] += await probe.write(TOPIC, partition, 10)


async def test_a_member_stopped_inside_its_transaction_is_replaced_and_applies_nothing_more(probe: Probe) -> None:
    group, ids = "support.zombie", await probe.write(TOPIC, 0, 40)
    with member(probe, "zombie", "stopped", pause=3) as stopped:
        await eventually(lambda: _open_transaction(probe), "a batch in its transaction")
        stopped.send_signal(signal.SIGSTOP)
        async with probe.running(noting("zombie", TOPIC, member="heir")):
            await probe.applied(group, 0, ids, within=60)
            stopped.send_signal(signal.SIGCONT)
            ids += await probe.write(TOPIC, 0, 20)
            await probe.applied(group, 0, ids)
            await asyncio.sleep(4)
            assert await probe.applied(group, 0, ids) == ids, "each once, in order"


async def test_a_session_frozen_inside_a_statement_frees_what_it_locks(probe: Probe) -> None:
    """Stopped between the parts of a statement, or in a COPY, where Postgres' limits do not reach."""
    group, ids = "support.frozen", await probe.write(TOPIC, 5, 5)
    async with probe.running(noting("frozen", TOPIC)):
        await probe.applied(group, 5, ids)

    async def nothing_more() -> AsyncIterator[bytes]:
        await asyncio.Event().wait()
        yield b""

    name = {
        "application_name": f"rapport {NAME}",
        "statement_timeout": "1s",
        "idle_in_transaction_session_timeout": "1s",
    }
    frozen = await asyncpg.connect(probe.stack.dsn(NAME), server_settings=name)
    await frozen.execute("begin")
    await frozen.execute("select 1 from fence where group_id = $1 for update", group)
    copying = asyncio.ensure_future(frozen.copy_to_table("effect", source=nothing_more()))
    try:
        ids += await probe.write(TOPIC, 5, 5)
        async with probe.running(noting("frozen", TOPIC)):
            assert await probe.applied(group, 5, ids, within=60) == ids
        await eventually(lambda: asyncio.sleep(0, frozen.is_closed()), "the end of the session")
    finally:
        copying.cancel()
        await asyncio.wait({copying})
        frozen.terminate()


async def _open_transaction(probe: Probe) -> bool:
    statement = "select 1 from pg_stat_activity where datname = $1 and state = 'idle in transaction'"
    return bool(await probe.rows(statement, NAME))


async def test_a_stopped_relay_is_replaced_and_order_is_kept(probe: Probe) -> None:
    """Stopped for longer than its connection may idle, then woken: its successor has gone on with its numbers."""
    with member(probe, "-", "first") as first:
        expected = await _emit(probe, 300)
        await eventually(lambda: _relayed(probe, expected[:1]), "a relay at work")
        expected += await _emit(probe, 300)
        first.send_signal(signal.SIGSTOP)
        expected += await _emit(probe, 300)
        with member(probe, "-", "second"):
            await eventually(lambda: _relayed(probe, expected), "its successor", within=60)
            first.send_signal(signal.SIGCONT)
            expected += await _emit(probe, 300)
            await eventually(lambda: _relayed(probe, expected), "the rest")
            await asyncio.sleep(2)
    records = await read_topics(probe.stack.bootstrap, ["crm.tickets"])
    assert sequence_faults(records) == []
    news = list(dict.fromkeys(record.id for record in records if record.id in set(expected)))
    assert news == expected, "in the order of the outbox, none missing"
    assert resent(records) <= 2_000, "at most the batch in flight"


async def _emit(probe: Probe, count: int) -> list[str]:
    """So many events of one party; their ids in order."""
    ids = [uuid4() for _ in range(count)]
    await probe.emit(reopened(event_id) for event_id in ids)
    return [str(event_id) for event_id in ids]


async def _relayed(probe: Probe, ids: list[str]) -> bool:
    return set(ids) <= {record.id for record in await read_topics(probe.stack.bootstrap, ["crm.tickets"])}
