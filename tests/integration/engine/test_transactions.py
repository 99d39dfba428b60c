"""Senders that use Kafka's transactions: what they take back was never said, and their marks count as nothing."""

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from shared.engine.service import Service
from tests.integration.engine.probe import CHOICE, Probe, check, eventually, noting, of_shop

pytestmark = [pytest.mark.stack, pytest.mark.slow]
PLACE = 11


async def send(producer: AIOKafkaProducer, id_: str) -> None:
    await producer.send_and_wait("crm.ingest", CHOICE, key=id_.encode(), partition=PLACE, headers=of_shop(id_))


async def end(probe: Probe) -> int:
    """Where the partition ends."""
    place = TopicPartition("crm.ingest", PLACE)
    async with AIOKafkaConsumer(bootstrap_servers=probe.stack.bootstrap, enable_auto_commit=False) as consumer:
        return int((await consumer.end_offsets([place]))[place])


async def test_only_what_was_committed_is_read_and_nobody_lags_behind_a_mark(probe: Probe) -> None:
    hears = noting("transactions", "crm.ingest")
    first, kept = await end(probe), [f"kept-{n}" for n in (1, 2, 3)]

    async def caught_up(service: Service, records_and_marks: int) -> bool:
        (reader,) = service.readers
        fence = await probe.fence(hears.group, "crm.ingest", PLACE)
        lag = reader.places.lag()
        return len(lag) == 12 and not any(lag.values()) and fence["next_offset"] == first + records_and_marks

    async with (
        probe.running(hears) as service,
        AIOKafkaProducer(bootstrap_servers=probe.stack.bootstrap, transactional_id="shop") as producer,
    ):
        await check(service, "ok")
        async with producer.transaction():
            await send(producer, "kept-1")
        await producer.begin_transaction()
        await send(producer, "taken-back")
        await producer.abort_transaction()
        async with producer.transaction():
            await send(producer, "kept-2")
            await send(producer, "kept-3")
        assert await probe.applied(hears.group, PLACE, kept) == kept

        await eventually(lambda: caught_up(service, 7), "no lag behind the last of four records and three marks")
        async with producer.transaction():
            await send(producer, "kept-4")
        assert await probe.applied(hears.group, PLACE, [*kept, "kept-4"]) == [*kept, "kept-4"]
    async with probe.running(hears) as service:
        await check(service, "ok")
        await eventually(lambda: caught_up(service, 9), "no lag after another start")
    assert (await probe.effects(hears.group, PLACE))[-4:] == [*kept, "kept-4"]
