"""Records and whole batches that aiokafka cannot read, on real Kafka: the others flow, and nothing is lost."""

import base64
import json
from collections.abc import Sequence

import pytest
from aiokafka import AIOKafkaProducer, codec as codecs

from tests.integration.engine.probe import CHOICE, Probe, check, eventually, noting, of_shop
from tests.wire import CODECS, AnyName, any_names

pytestmark = [pytest.mark.stack, pytest.mark.slow]
ODD, BAD = "x-\udcff\udcfe", "y-\udcff\udcfe"


async def send(probe: Probe, partition: int, codec: str | None, names: Sequence[str]) -> list[str]:
    """A choice for each of the names, which it has as an additional header, in one batch. Their keys, which are their
    ids too, but for BAD, whose id is beyond ASCII.
    """
    ids = [f"{codec}-{turn}" for turn in range(len(names))]
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
        statement = "select * from quarantine where group_id = $1 order by partition, record_offset"
        rows = await probe.rows(statement, hears.group)
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
