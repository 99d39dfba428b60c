"""What the brokers say no to for good, and what they are asked again: on a real one."""

from functools import partial
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from shared import clock
from shared.engine.event import Emission
from shared.events.contract import contract_of
from shared.events.ingest import ReportedChoice
from tests.faults.evidence import read_topics, sequence_faults
from tests.integration.engine.probe import CHOICE, Probe, check, eventually, reopened

pytestmark = [pytest.mark.stack, pytest.mark.slow]
PARTITION = 7


def fact(id_: str, key: str | None) -> Emission:
    """As a service passes it on for a shop."""
    data = contract_of(ReportedChoice).adapter.validate_json(CHOICE)
    return Emission(data, clock.now(), id=id_, source="/shop", key=key, partition=PARTITION)


async def clean_up(probe: Probe, policy: str) -> None:
    """Sets what becomes of old records of crm.ingest. A compacted topic takes no record without a key."""
    admin = AIOKafkaAdminClient(bootstrap_servers=probe.stack.bootstrap)
    await admin.start()
    configs = {"cleanup.policy": policy}
    await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, "crm.ingest", configs=configs)])
    await admin.close()


async def published(probe: Probe, topic: str) -> list[str]:
    """The ids in the partition of these tests, in their order."""
    place = TopicPartition(topic, PARTITION)
    async with AIOKafkaConsumer(
        bootstrap_servers=probe.stack.bootstrap, enable_auto_commit=False, auto_offset_reset="earliest"
    ) as consumer:
        consumer.assign([place])
        end = (await consumer.end_offsets([place]))[place]
        found: list[str] = []
        while await consumer.position(place) < end:
            records = (await consumer.getmany(timeout_ms=500)).get(place, [])
            found += [(dict(record.headers).get("ce_id") or b"").decode("latin-1") for record in records]
        return found


async def _has(probe: Probe, topic: str, *ids: str) -> bool:
    return set(ids) <= set(await published(probe, topic))


async def test_a_record_that_its_topic_does_not_take_is_set_aside_and_the_others_go(probe: Probe) -> None:
    """Such a batch is refused whole; asked again, the brokers would refuse it for ever."""
    before, refused, behind, after = (f"fact-{uuid4()}" for _ in range(4))
    other = uuid4()
    await clean_up(probe, "compact")
    async with probe.running() as service:
        await probe.emit([fact(before, "a"), fact(refused, None), fact(behind, "b"), reopened(other, PARTITION)])
        await eventually(partial(_has, probe, "crm.ingest", before, behind), "the facts of other senders")
        await eventually(partial(_has, probe, "crm.tickets", str(other)), "what the service tells")
        assert (await check(service, "degraded")).name == "relay"
        (line,) = probe.rapport("outbox")
        assert (line["event_id"], line["reason"].partition(":")[0]) == (refused, "InvalidRecordError")
        await clean_up(probe, "delete")
        probe.rapport("outbox", "--send", line["id"], "--reason", "the topic takes it now")
        await eventually(partial(_has, probe, "crm.ingest", refused), "what was set aside")
        await probe.emit([fact(after, None)])
        await eventually(partial(_has, probe, "crm.ingest", after), "a fact of the same kind")
    found = [id_ for id_ in await published(probe, "crm.ingest") if id_ in {before, refused, behind, after}]
    assert found == [before, behind, refused, after]


async def test_a_broker_that_is_killed_and_comes_back_gets_every_row_in_order(probe: Probe) -> None:
    """With it go the relay's connections and the coordinator of its transactional id."""
    ids = [uuid4() for _ in range(400)]
    async with probe.running() as service:
        await check(service, "ok")
        for begin in range(0, len(ids), 50):
            await probe.emit(reopened(event_id, PARTITION) for event_id in ids[begin : begin + 50])
            if begin in {100, 250}:
                await probe.stack.kill_part("kafka")
                await probe.stack.start_part("kafka")
        await eventually(partial(_has, probe, "crm.tickets", *map(str, ids)), "every row", within=90)
    records = await read_topics(probe.stack.bootstrap, ["crm.tickets"])
    assert sequence_faults(records) == [], "what is sent again has its old number"
    wanted = set(map(str, ids))
    assert list(dict.fromkeys(record.id for record in records if record.id in wanted)) == list(map(str, ids))
