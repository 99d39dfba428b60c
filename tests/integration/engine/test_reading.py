"""Offsets and fences of a reader on real Kafka."""

import asyncio
import time
from collections.abc import Sequence
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from faststream.middlewares import AckPolicy

from shared.engine.event import Event
from shared.engine.reader import Reader
from shared.engine.subscriber import KafkaSource
from shared.engine.transaction import Transaction
from shared.errors import Transient
from tests.integration.engine.probe import Probe, check, eventually, noting

pytestmark = [pytest.mark.stack, pytest.mark.slow]
TOPIC = "crm.contacts"


def subscriber_of(reader: Reader) -> Any:
    """FastStream's part of it."""
    assert isinstance(reader.source, KafkaSource)
    return reader.source._subscriber


async def committed(probe: Probe, group: str, partition: int) -> int:
    """Kafka's offset of a group, 0 where there is none."""
    admin = AIOKafkaAdminClient(bootstrap_servers=probe.stack.bootstrap)
    await admin.start()
    try:
        offsets = await admin.list_consumer_group_offsets(group)
    finally:
        await admin.close()
    return next((o.offset for p, o in offsets.items() if (p.topic, p.partition) == (TOPIC, partition)), 0)


async def test_a_raising_handler_is_tried_again_later_and_skips_nothing(probe: Probe) -> None:
    calls: list[float] = []
    healthy = asyncio.Event()

    async def fail(events: Sequence[Event[Any]], _: Transaction) -> None:
        if any(event.partition == 1 for event in events):
            calls.append(time.monotonic())
            if not healthy.is_set():
                raise Transient("not now")

    before = await probe.write(TOPIC, 1, 20)
    async with probe.running(noting("retried", TOPIC, act=fail), offsets_commit_ms=200, backoff_max_ms=600) as service:
        await eventually(lambda: asyncio.sleep(0, len(calls) > 3), "some tries")
        after = await probe.write(TOPIC, 1, 20)
        await asyncio.sleep(3)
        assert all(subscriber_of(reader).ack_policy is AckPolicy.MANUAL for reader in service.readers)
        assert len(calls) / (calls[-1] - calls[0]) < 20, "a hot loop"
        assert await committed(probe, "support.retried", 1) == 0, "committed beyond what stands"
        healthy.set()
        assert await probe.applied("support.retried", 1, before + after) == before + after
        await check(service, "ok")


async def test_committed_offsets_never_pass_the_fence(probe: Probe) -> None:
    group = "support.hints"
    async with probe.running(noting("hints", TOPIC), offsets_commit_ms=100):
        ids: list[str] = []
        for _ in range(10):
            ids += await probe.write(TOPIC, 2, 30)
            offset = await committed(probe, group, 2)
            assert offset <= (await probe.fence(group, TOPIC, 2) or {"next_offset": 0})["next_offset"]
        await probe.applied(group, 2, ids)
        await eventually(lambda: _level(probe, group, 2), "the last commit")


async def test_a_relays_second_sending_is_dropped(probe: Probe) -> None:
    group = "support.resent"
    first = await probe.write(TOPIC, 3, 5)
    probe.numbers[TOPIC, 3] -= 3
    again = await probe.write(TOPIC, 3, 3)  # other ids under old numbers: only the number decides
    last = await probe.write(TOPIC, 3, 2)
    async with probe.running(noting("resent", TOPIC)):
        assert await probe.applied(group, 3, first + last) == first + last
        assert not set(again) & set(await probe.effects(group, 3))


@pytest.mark.parametrize("ahead", [False, True], ids=["behind", "ahead"])
async def test_the_fence_decides_whatever_kafka_remembers(probe: Probe, ahead: bool) -> None:
    name, place = f"hinted-{ahead}", TopicPartition(TOPIC, 4)
    first = await probe.write(TOPIC, 4, 10)
    async with probe.running(noting(name, TOPIC)):
        await probe.applied(f"support.{name}", 4, first)
    second = await probe.write(TOPIC, 4, 10)
    async with AIOKafkaConsumer(bootstrap_servers=probe.stack.bootstrap, group_id=f"support.{name}") as nobody:
        nobody.assign([place])
        await nobody.commit({place: (await nobody.end_offsets([place]))[place] if ahead else 0})
    async with probe.running(noting(name, TOPIC)):
        assert await probe.applied(f"support.{name}", 4, first + second) == first + second


async def _level(probe: Probe, group: str, partition: int) -> bool:
    return bool(await committed(probe, group, partition) == (await probe.fence(group, TOPIC, partition))["next_offset"])
