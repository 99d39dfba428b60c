"""Senders that use Kafka's transactions: what they take back was never said, and their marks count as nothing."""

from collections.abc import Sequence

import pytest
from aiokafka import AIOKafkaProducer

from shared.engine.event import Event
from shared.engine.service import Service
from shared.engine.subscription import Subscription
from shared.engine.transaction import Transaction
from shared.events.ingest import ReportedChoice
from tests.integration.engine.probe import NOTE, Probe, check, eventually

pytestmark = [pytest.mark.stack, pytest.mark.slow]
CHOICE = b'{"party": {"name": "Ada"}, "sku": "A-17", "channel": "web", "intent": "viewed"}'


async def send(producer: AIOKafkaProducer, id_: str) -> None:
    headers = {"ce_specversion": "1.0", "ce_id": id_, "ce_source": "/shop", "ce_type": "crm.product.chosen.v1"}
    wire = [(name, text.encode()) for name, text in headers.items()]
    await producer.send_and_wait("crm.ingest", CHOICE, key=id_.encode(), partition=3, headers=wire)


async def test_only_what_was_committed_is_read_and_nobody_lags_behind_a_mark(probe: Probe) -> None:
    hears = Subscription("support.transactions", kind="process")

    @hears.topic("crm.ingest")
    async def note(events: Sequence[Event[ReportedChoice]], tx: Transaction) -> None:
        columns = zip(*((e.id, e.topic, e.partition, e.offset, "") for e in events), strict=True)
        await tx.execute(NOTE, hears.group, *map(list, columns))

    async def caught_up(service: Service) -> bool:
        (reader,) = service.readers
        fence = await probe.fence(hears.group, "crm.ingest", 3)
        return len(reader.lag()) == 12 and not any(reader.lag().values()) and fence["next_offset"] in {7, 9}

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
        assert await probe.applied(hears.group, 3, kept) == kept

        await eventually(lambda: caught_up(service), "no lag behind the last of four records and three marks")
        async with producer.transaction():
            await send(producer, "kept-4")
        assert await probe.applied(hears.group, 3, [*kept, "kept-4"]) == [*kept, "kept-4"]
    async with probe.running(hears) as service:
        await check(service, "ok")
        await eventually(lambda: caught_up(service), "no lag after another start")
    assert await probe.effects(hears.group, 3) == [*kept, "kept-4"]
