"""Senders that use Kafka's transactions: what they take back was never said, and their marks count as nothing."""

import pytest
from aiokafka import AIOKafkaProducer

from shared.engine.service import Service
from tests.integration.engine.probe import CHOICE, Probe, check, eventually, noting, of_shop

pytestmark = [pytest.mark.stack, pytest.mark.slow]
PLACE = 11
"""A partition of crm.ingest that no other test writes to: offsets are counted here."""


async def send(producer: AIOKafkaProducer, id_: str) -> None:
    await producer.send_and_wait("crm.ingest", CHOICE, key=id_.encode(), partition=PLACE, headers=of_shop(id_))


async def test_only_what_was_committed_is_read_and_nobody_lags_behind_a_mark(probe: Probe) -> None:
    hears = noting("transactions", "crm.ingest")

    async def caught_up(service: Service) -> bool:
        (reader,) = service.readers
        fence = await probe.fence(hears.group, "crm.ingest", PLACE)
        return (
            len(reader.places.lag()) == 12 and not any(reader.places.lag().values()) and fence["next_offset"] in {7, 9}
        )

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
        kept = ["kept-1", "kept-2", "kept-3"]
        assert await probe.applied(hears.group, PLACE, kept) == kept

        await eventually(lambda: caught_up(service), "no lag behind the last of four records and three marks")
        async with producer.transaction():
            await send(producer, "kept-4")
        assert await probe.applied(hears.group, PLACE, [*kept, "kept-4"]) == [*kept, "kept-4"]
    async with probe.running(hears) as service:
        await check(service, "ok")
        await eventually(lambda: caught_up(service), "no lag after another start")
    assert await probe.effects(hears.group, PLACE) == [*kept, "kept-4"]
