"""What compaction leaves of a topic, also where a relay was stopped with old records in hand: on a real broker."""

import signal
from collections.abc import Sequence
from functools import partial
from uuid import UUID, uuid4

import pytest
from aiokafka import ConsumerRecord
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from shared.engine.event import Emission
from tests.integration.engine.probe import Probe, eventually, member, stands_still
from tests.integration.engine.test_relay import described, in_partition, removed

pytestmark = [pytest.mark.stack, pytest.mark.slow]
PARTITION = 11
AT_ONCE = {
    "cleanup.policy": "compact",
    "segment.ms": "50",
    "min.cleanable.dirty.ratio": "0.001",
    "max.compaction.lag.ms": "100",
    "delete.retention.ms": "0",
}


async def set_up(probe: Probe, topic: dict[str, str], pause_ms: int) -> None:
    """How crm.parties is kept, and how long the broker's cleaner rests where nothing is to be done."""
    admin = AIOKafkaAdminClient(bootstrap_servers=probe.stack.bootstrap)
    await admin.start()
    cleaner = ConfigResource(ConfigResourceType.BROKER, "1", configs={"log.cleaner.backoff.ms": str(pause_ms)})
    await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, "crm.parties", configs=topic)])
    await admin.alter_configs([cleaner])
    await admin.close()


def here(emissions: Sequence[Emission]) -> list[Emission]:
    """All in the partition of this test."""
    for emission in emissions:
        emission.partition = PARTITION
    return list(emissions)


async def test_compaction_keeps_the_newest_and_what_was_erased_stays_erased(probe: Probe) -> None:
    """A relay is stopped between storing and sending, its successor sends the same and news, then it goes on; the old
    records that it still had in hand would be the last of their keys, and all that compaction keeps.
    """
    changed, erased = uuid4(), uuid4()
    await set_up(probe, AT_ONCE, 100)
    try:
        with member(probe, "-", "stopped", fault="relay.before_send:stop@1") as stopped:
            await probe.emit(here([described(changed, 1), described(erased, 1)]))
            await eventually(partial(stands_still, stopped.pid), "a relay with a batch in hand")
            with member(probe, "-", "successor"):
                await probe.emit(here([described(changed, 2), removed(erased)]))
                await eventually(partial(_ends_with, probe, changed, 2), "its successor's records", within=60)
                stopped.send_signal(signal.SIGCONT)
                await probe.emit(here([described(changed, 3)]))
                await eventually(partial(_ends_with, probe, changed, 3), "what came after")
                left = await eventually(partial(_compacted, probe, changed, erased), "that the log was compacted")
    finally:
        await set_up(probe, {"cleanup.policy": "compact"}, 15_000)
    assert [b'"version":3' in (record.value or b"") for record in left if record.key == _key(changed)] == [True]
    assert [record.value for record in left if record.key == _key(erased)] in ([], [None])


async def _compacted(probe: Probe, changed: UUID, erased: UUID) -> list[ConsumerRecord[bytes, bytes]] | None:
    """What a new subscriber is given, once nothing older is left; others are told of so that segments are closed."""
    await probe.emit(here([described(uuid4(), 1)]))
    records = await in_partition(probe, PARTITION)
    keys = [record.key for record in records]
    return records if keys.count(_key(changed)) == 1 and keys.count(_key(erased)) <= 1 else None


async def _ends_with(probe: Probe, party: UUID, version: int) -> bool:
    records = [record for record in await in_partition(probe, PARTITION) if record.key == _key(party)]
    return bool(records) and b'"version":%d' % version in (records[-1].value or b"")


def _key(party: UUID) -> bytes:
    return str(party).encode()
