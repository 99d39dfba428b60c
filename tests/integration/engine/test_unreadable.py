"""Records and whole batches that aiokafka cannot read, on real Kafka: the others flow, and nothing is lost."""

import asyncio
import base64
import json
from collections.abc import Sequence

import pytest
from aiokafka import AIOKafkaProducer, codec as codecs

from shared.ids import new_id
from tests.integration.engine.probe import CHOICE, Probe, check, eventually, noting, of_shop
from tests.wire import CODECS, AnyName, any_names

pytestmark = [pytest.mark.stack, pytest.mark.slow]
ODD, BAD = "x-\udcff\udcfe", "y-\udcff\udcfe"


async def send(probe: Probe, partition: int, codec: str | None, names: Sequence[str]) -> list[str]:
    """A choice for each of the names, which it has as an additional header, in one batch. Their keys, which are their
    ids too, but for BAD, whose id is beyond ASCII.
    """
    ids = [f"{codec}-{new_id()}" for _ in names]
    with any_names():
        async with AIOKafkaProducer(
            bootstrap_servers=probe.stack.bootstrap, acks="all", linger_ms=200, compression_type=codec
        ) as producer:
            for id_, name in zip(ids, names, strict=True):
                wire = [*of_shop(f"{id_}ø" if name == BAD else id_), (AnyName(name), b"1")]
                await producer.send("crm.ingest", CHOICE, key=id_.encode(), partition=partition, headers=wire)
    return ids


async def test_a_name_beyond_utf_8_is_read_and_kept_in_quarantine_whatever_the_codec(probe: Probe) -> None:
    hears = noting("names", "crm.ingest")

    sent = {codec: await send(probe, place, codec, ["x", BAD, ODD, BAD, "x"]) for codec, place in CODECS.items()}
    async with probe.running(hears) as service:
        for codec, place in CODECS.items():
            good = sent[codec][::2]
            assert await probe.applied(hears.group, place, good) == good
        assert {each.state for each in await service.ready()} == {"ok"}
        statement = (
            "select * from quarantine where group_id = $1 and partition = any($2) order by partition, record_offset"
        )
        rows = await probe.rows(statement, hears.group, list(CODECS.values()))
    assert [(row["partition"], row["key"].decode()) for row in rows] == [
        (place, id_) for codec, place in CODECS.items() for id_ in sent[codec][1::2]
    ]
    for row in rows:
        assert (row["reason"], row["value"]) == ("unreadable_ce_id", CHOICE)
        assert json.loads(row["headers"])[-1] == [r"y-\xff\xfe", base64.b64encode(b"1").decode()]


async def test_a_batch_in_a_codec_that_is_missing_stops_its_partition_alone_until_it_is_there(
    probe: Probe, monkeypatch: pytest.MonkeyPatch
) -> None:
    topic, group = "crm.contacts", "support.codecs"
    before, beside = await probe.write(topic, 5, 20), await probe.write(topic, 6, 20)
    compressed = await probe.write(topic, 5, 20, codec="zstd")
    monkeypatch.setattr(codecs, "has_zstd", lambda: False)
    async with probe.running(noting("codecs", topic), breaker_probe_ms=1_000) as service:
        stopped = await check(service, "degraded")
        assert stopped.detail.startswith(f"1 partitions stopped, {topic}/5 first: offsets ")
        assert stopped.detail.endswith(" cannot be read: UnsupportedCodecError")
        beside += await probe.write(topic, 6, 20)
        assert await probe.applied(group, 6, beside) == beside
        assert await probe.applied(group, 5, before) == before, "what comes before it is applied"
        assert set(compressed).isdisjoint(await probe.effects(group, 5))
        monkeypatch.undo()
        after = await probe.write(topic, 5, 5)
        assert await probe.applied(group, 5, before + compressed + after) == before + compressed + after

        async def recovered() -> bool:
            return {each.state for each in await service.ready()} == {"ok"}

        await eventually(recovered, "nothing stopped")


async def test_a_bomb_stops_its_partition_alone_until_an_operator_skips_exactly_it(probe: Probe) -> None:
    """What snappy packs into a record that a topic takes is never more than the bound."""
    hears, bombs = noting("bombs", "crm.ingest"), {CODECS[codec]: codec for codec in ("gzip", "lz4", "zstd")}
    before = {place: await send(probe, place, None, ["x", "y"]) for place in bombs}
    firsts = {place: await send_bomb(probe, place, codec) for place, codec in bombs.items()}
    after = {place: await send(probe, place, None, ["z"] * 3) for place in bombs}
    async with probe.running(hears) as service:
        await check(service, "degraded")
        (reader,) = service.readers
        await eventually(lambda: asyncio.sleep(0, len(reader.paused) == 3), "three that stand still")
        for place, first in firsts.items():
            why = reader.paused["crm.ingest", place]
            assert why == f"offsets {first} to {first + 2} cannot be read: TooLarge"
        beside = await send(probe, 0, None, ["x"])
        assert await probe.applied(hears.group, 0, beside) == beside, "the others go on"
        lines = await asyncio.to_thread(probe.rapport, "lag")
        told = {line["partition"]: line["stopped"] for line in lines if line["group"] == hears.group}
        assert {place: why for place, why in told.items() if why} == {
            place: f"offsets {first} to {first + 2} cannot be read: TooLarge" for place, first in firsts.items()
        }
        for place, first in firsts.items():
            named = hears.group, f"crm.ingest/{place}"
            for wrong in (f"{first}-{first + 3}", f"{first + 3}-{first + 3}"):
                await probe.refused("skip", *named, wrong, "--reason", "wrong")
            await asyncio.to_thread(probe.rapport, "skip", *named, f"{first}-{first + 2}", "--reason", "a bomb")
            expected = before[place] + after[place]
            assert await probe.applied(hears.group, place, expected) == expected
        await check(service, "ok")
    statement = "select subject from operator_action where action = 'skip' and subject->>'group' = $1"
    lines = await probe.rows(statement, hears.group)
    assert {json.loads(line["subject"])["last"] for line in lines} == {first + 2 for first in firsts.values()}


async def send_bomb(probe: Probe, partition: int, codec: str) -> int:
    """Three records of 40 MB of nothing in one batch of some kilobytes; the offset of the first."""
    async with AIOKafkaProducer(
        bootstrap_servers=probe.stack.bootstrap,
        max_batch_size=1 << 28,
        max_request_size=1 << 28,
        compression_type=codec,
    ) as producer:
        batch = producer.create_batch()
        for turn in range(3):
            batch.append(key=b"81", value=bytes(40_000_000), timestamp=None, headers=of_shop(f"bomb-{codec}-{turn}"))
        sent = await (await producer.send_batch(batch, "crm.ingest", partition=partition))
    return int(sent.offset)
