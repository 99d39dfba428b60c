"""What the relay does with an outbox, on real topics."""

import json
import signal
from collections.abc import Sequence
from uuid import UUID, uuid4

import pytest
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import InvalidProducerEpoch, ProducerFenced

from shared import clock
from shared.engine.event import Emission, Event
from shared.engine.ledger import Outgoing, Place
from shared.engine.outbox import Removal
from shared.engine.partitions import partition_of
from shared.engine.publisher import KafkaPublisher
from shared.engine.transaction import Transaction
from shared.events.contract import contract_of
from shared.events.ingest import ReportedChoice
from shared.events.parties import PartyDescribed
from tests.integration.engine.probe import (
    CHOICE,
    Probe,
    check,
    eventually,
    member,
    noting,
    relays,
    reopened,
    stands_still,
)

pytestmark = pytest.mark.stack


async def test_a_fact_that_a_service_passes_on_has_its_senders_name_and_holds_no_number_back(probe: Probe) -> None:
    """Several of them between events of the service's own; sent twice under one id it counts once, as any fact does."""
    seen: list[tuple[str, str, bytes | None]] = []

    async def look(events: Sequence[Event[object]], tx: Transaction) -> None:
        del tx
        seen.extend((event.source, event.id, event.key) for event in events)

    fact, now = contract_of(ReportedChoice).adapter.validate_json(CHOICE), clock.now()
    ids = [f"mail-{uuid4()}" for _ in range(3)]
    facts = [Emission(fact, now, id=id_, source="/support/email", key="81") for id_ in [*ids, ids[0]]]
    async with probe.running(noting("facts", "crm.ingest", act=look)):
        await probe.emit([facts[0], reopened(uuid4()), *facts[1:], reopened(uuid4())])
        assert await probe.applied("support.facts", partition_of("81"), ids) == ids
    assert [each for each in seen if each[1] in ids] == [("/support/email", id_, b"81") for id_ in ids]
    remembered = await probe.rows("select 1 from relay_position where topic = 'crm.ingest'")
    assert not remembered, "numbers are for what is ours"


@pytest.mark.slow
async def test_a_relay_that_was_stopped_with_a_batch_in_hand_writes_nothing_behind_newer_numbers(probe: Probe) -> None:
    """It is stopped between storing and sending; its successor sends the same batch and news; then it goes on.

    On a compacted topic the last record of a key is what a new subscriber sees, and what compaction keeps.
    """
    changed, erased = uuid4(), uuid4()
    with member(probe, "-", "stopped", fault="relay.before_send:stop@1") as stopped:
        await probe.emit([described(changed, 1), described(erased, 1)])
        await eventually(lambda: stands_still(stopped.pid), "a relay with a batch in hand")
        with member(probe, "-", "successor"):
            await probe.emit([described(changed, 2), removed(erased)])
            await eventually(lambda: _holds(probe, changed, erased, 4), "its successor's records", within=60)
            stopped.send_signal(signal.SIGCONT)
            await eventually(lambda: relays(probe, 2), "it waits for its turn again")
            await probe.emit([described(changed, 3)])
            await eventually(lambda: _holds(probe, changed, erased, 5), "what came after")
    for party in (changed, erased):
        records = await of_party(probe, party)
        numbers = [int(dict(record.headers)["ce_sequence"]) for record in records]
        assert numbers == sorted(numbers), "nothing older behind something newer"
        assert (records[-1].value is None) == (party == erased), "erased stays erased"
        assert (b'"version":3' in (records[-1].value or b"")) == (party == changed)


@pytest.mark.slow
@pytest.mark.parametrize("decision", ["send", "drop"])
async def test_what_the_brokers_refuse_is_set_aside_and_holds_back_its_key_alone(probe: Probe, decision: str) -> None:
    """Until an operator decides; the numbers of what is sent have no gap, and nothing is sent again meanwhile."""
    large, other = uuid4(), uuid4()
    partition = 10  # compaction leaves gaps in another, see test_compaction.py
    first = Emission(described(large, 1).data, clock.now(), partition=partition)
    news = [replace_name(large, "x" * 300_000), described(other, 1), described(large, 3)]
    for emission in news:
        emission.partition = partition
    await limit_records(probe, 100_000)
    async with probe.running() as service:
        await probe.emit([first, *news])
        await eventually(lambda: _versions(probe, partition, other, [1]), "the other party")
        assert (await check(service, "degraded")).name == "relay"
        end = await _end(probe, partition)
        (refused,) = probe.rapport("outbox")
        assert (refused["key"], refused["behind"]) == (str(large), 1)
        assert await _versions(probe, partition, large, [1])
        await limit_records(probe, 2 * 1024 * 1024)
        assert await _end(probe, partition) == end, "a topic at rest does not grow"
        probe.rapport("outbox", f"--{decision}", refused["id"], "--reason", "decided")
        expected = [1, 2, 3] if decision == "send" else [1, 3]
        await eventually(lambda: _versions(probe, partition, large, expected), "what waited, in order")
        assert probe.rapport("outbox") == []


async def test_a_publisher_that_was_ended_gets_nothing_through_even_where_no_successor_wrote(probe: Probe) -> None:
    """What a stopped relay has in hand may become sendable after its successor has set it aside."""
    place = ("ended", 0)
    options = {"bootstrap_servers": probe.stack.bootstrap}
    admin = AIOKafkaAdminClient(**options)
    await admin.start()
    await admin.create_topics([NewTopic("ended", 1, 1)])
    await admin.close()
    async with KafkaPublisher("/ended", 0, options) as stopped, KafkaPublisher("/ended", 0, options) as successor:
        await successor.end_predecessors(place)
        with pytest.raises((ProducerFenced, InvalidProducerEpoch)):
            await stopped.publish([(_row(place), 1)], [])
        assert await successor.last_number(place) == 0
        async with KafkaPublisher("/ended", 0, options) as next_one:
            await next_one.publish([(_row(place), 1)], [])
            await next_one.end_predecessors(place)
            assert await next_one.last_number(place) == 1, "read in spite of the mark behind it"


def _row(place: Place) -> Outgoing:
    name = str(uuid4())
    time = "2026-03-01T09:30:00Z"
    return Outgoing(1, *place, name, "crm.ticket.reopened.v1", name, name, time, name, None, None, b"{}", "/ended")


def replace_name(party: UUID, name: str) -> Emission:
    now = clock.now()
    data = PartyDescribed(party_id=party, version=2, kind="person", recorded_at=now, name=name)
    return Emission(data, now)


async def limit_records(probe: Probe, most: int) -> None:
    """The largest record that the compacted topic takes."""
    admin = AIOKafkaAdminClient(bootstrap_servers=probe.stack.bootstrap)
    await admin.start()
    configs = {"cleanup.policy": "compact", "max.message.bytes": str(most)}
    await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, "crm.parties", configs=configs)])
    await admin.close()


async def _versions(probe: Probe, partition: int, party: UUID, expected: list[int]) -> bool:
    records = [record for record in await in_partition(probe, partition) if record.key == str(party).encode()]
    return [json.loads(record.value or b"{}").get("version") for record in records] == expected


async def _end(probe: Probe, partition: int) -> int:
    """The last offset; every number up to the one there is on the topic."""
    records = await in_partition(probe, partition)
    numbers = [int(dict(record.headers)["ce_sequence"]) for record in records]
    assert sorted(set(numbers)) == list(range(1, max(numbers) + 1)), "no gap"
    return int(records[-1].offset)


def described(party: UUID, version: int) -> Emission:
    """A description on the compacted topic."""
    now = clock.now()
    return Emission(PartyDescribed(party_id=party, version=version, kind="person", recorded_at=now), now)


def removed(party: UUID) -> Emission:
    """What erasure writes there."""
    return Emission(Removal("crm.parties", "crm.party.described.v1", str(party)), clock.now())


async def of_party(probe: Probe, party: UUID) -> list[ConsumerRecord[bytes, bytes]]:
    """Everything that the compacted topic holds of a party."""
    records = await in_partition(probe, partition_of(str(party)))
    return [record for record in records if record.key == str(party).encode()]


async def in_partition(probe: Probe, partition: int) -> list[ConsumerRecord[bytes, bytes]]:
    place = TopicPartition("crm.parties", partition)
    async with AIOKafkaConsumer(
        bootstrap_servers=probe.stack.bootstrap, enable_auto_commit=False, auto_offset_reset="earliest"
    ) as consumer:
        consumer.assign([place])
        end = (await consumer.end_offsets([place]))[place]
        await consumer.seek_to_beginning(place)
        found: list[ConsumerRecord[bytes, bytes]] = []
        while await consumer.position(place) < end:
            found += (await consumer.getmany(timeout_ms=500)).get(place, [])
    return found


async def _holds(probe: Probe, changed: UUID, erased: UUID, count: int) -> bool:
    """Whether the topic holds so many different records of the two."""
    records = await of_party(probe, changed) + await of_party(probe, erased)
    return len({dict(record.headers)["ce_id"] for record in records}) == count
