"""What Kafka loses stops a partition, loudly, until an operator says otherwise."""

import asyncio

import pytest
from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.records_to_delete import RecordsToDelete

from tests.integration.engine.probe import Probe, check, eventually, noting

pytestmark = [pytest.mark.stack, pytest.mark.slow]


async def recreate(probe: Probe, topic: str) -> None:
    """Delete it and make it again: the same name, another log."""
    admin = AIOKafkaAdminClient(bootstrap_servers=probe.stack.bootstrap)
    await admin.start()
    try:
        await admin.delete_topics([topic])

        async def gone() -> bool:
            return topic not in await admin.list_topics()

        await eventually(gone, f"{topic} is gone")

        async def made() -> bool:
            answer = await admin.create_topics([NewTopic(topic, 12, 1)])
            return all(error[1] == 0 for error in answer.topic_errors)

        await eventually(made, f"{topic} is there again")
    finally:
        await admin.close()
    for place in [place for place in probe.numbers if place[0] == topic]:
        del probe.numbers[place]


@pytest.mark.parametrize(("topic", "again"), [("crm.insights", 3), ("crm.campaigns", 30)], ids=["shorter", "longer"])
async def test_a_recreated_topic_is_not_taken_for_the_old_one(probe: Probe, topic: str, again: int) -> None:
    """Also where the new log has grown past the fence."""
    group = f"support.recreated-{again}"
    hears = noting(f"recreated-{again}", topic)
    first = await probe.write(topic, 5, 10)
    async with probe.running(hears):
        await probe.applied(group, 5, first)
    await recreate(probe, topic)
    fresh = await probe.write(topic, 5, again)
    async with probe.running(noting(f"recreated-{again}", topic)) as service:
        assert (await probe.stopped(group, topic, 5)).startswith("recreated:")
        degraded = await check(service, "degraded")
        assert f"{topic}/5" in degraded.detail
        assert await probe.effects(group, 5) == first
        probe.rapport("accept-loss", group, f"{topic}/5", "--reason", "made anew in a test")
        assert await probe.applied(group, 5, first + fresh) == first + fresh
        await check(service, "ok")


async def test_a_log_cut_below_the_fence_stops_its_partition(probe: Probe) -> None:
    topic, group = "crm.requests", "support.truncated"
    first = await probe.write(topic, 6, 10)
    async with probe.running(noting("truncated", topic)):
        await probe.applied(group, 6, first)
    await probe.write(topic, 6, 10)
    last = await probe.write(topic, 6, 5)
    admin = AIOKafkaAdminClient(bootstrap_servers=probe.stack.bootstrap)
    await admin.start()
    await admin.delete_records({TopicPartition(topic, 6): RecordsToDelete(20)})
    await admin.close()
    async with probe.running(noting("truncated", topic)) as service:
        reason = await probe.stopped(group, topic, 6)
        assert reason == "truncated: 10 to 19 were deleted before they were handled"
        await check(service, "degraded")
        assert await probe.effects(group, 6) == first
        probe.rapport("accept-loss", group, f"{topic}/6", "--reason", "cut in a test")
        assert await probe.applied(group, 6, first + last) == first + last


async def test_a_gap_in_the_numbers_stops_one_partition_alone(probe: Probe) -> None:
    topic, group = "crm.sales", "support.gap"
    first = await probe.write(topic, 9, 5)
    async with probe.running(noting("gap", topic)) as service:
        await probe.applied(group, 9, first)
        behind = await probe.write(topic, 9, 5, skip=2)
        beside = await probe.write(topic, 10, 5)
        assert await probe.stopped(group, topic, 9) == "lost: sequence 6 to 7 is missing before offset 5"
        await probe.applied(group, 10, beside)
        assert await probe.effects(group, 9) == first
        await check(service, "degraded")
        probe.rapport("accept-loss", group, f"{topic}/9", "--reason", "lost in a test")
        assert await probe.applied(group, 9, first + behind) == first + behind
        await check(service, "ok")


async def test_a_topic_made_again_under_a_running_reader_is_seen_and_stops_it(probe: Probe) -> None:
    """Within the age of the client's metadata, and without a restart; until then it is not called standby."""
    topic, group = "crm.insights", "support.recreated-live"
    first = await probe.write(topic, 8, 30)
    async with probe.running(noting("recreated-live", topic)) as service:
        await probe.applied(group, 8, first)
        await recreate(probe, topic)
        fresh = await probe.write(topic, 8, 3)
        assert (await probe.stopped(group, topic, 8)).startswith("recreated:")
        degraded = await check(service, "degraded")
        assert "recreated" in degraded.detail
        assert await probe.effects(group, 8) == first
        await asyncio.to_thread(probe.rapport, "accept-loss", group, f"{topic}/8", "--reason", "made anew in a test")
        assert await probe.applied(group, 8, first + fresh) == first + fresh
