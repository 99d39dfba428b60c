"""Whatever a sender puts into a record: one verdict, a fence that moves, and never an exception."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from shared.engine.applier import Applier
from shared.engine.decode import Decoded, decode
from shared.engine.event import Event, Record
from shared.engine.fence import sift
from shared.engine.ledger import Fence
from shared.engine.subscription import Subscription
from shared.errors import BadRecord
from shared.events.ingest import ReportedChoice
from tests.simulation.memory import MemoryDatabase
from tests.unit.engine.memory import database
from tests.unit.engine.records import CHOICE, HEARS, WALL, handler, ours, outside

NAMES = ["ce_specversion", "ce_id", "ce_source", "ce_type", "ce_time", "ce_sequence", "ce_partitionkey", "traceparent"]
headers = st.lists(
    st.tuples(st.sampled_from(NAMES) | st.text(max_size=5), st.none() | st.binary(max_size=30)), max_size=9
)
timestamps = st.integers(min_value=-(2**63), max_value=2**63 - 1)
topics = st.sampled_from(sorted(HEARS.topics))
values = st.none() | st.binary(max_size=60)
keys = st.none() | st.binary(max_size=20)
changes = st.dictionaries(
    st.sampled_from(NAMES[1:]).filter(lambda name: name != "ce_source"),
    st.none() | st.binary(max_size=30) | st.text("0123456789-:TZ+.", max_size=30).map(str.encode),
    max_size=2,
)


def judge(record: Record, *, stream: bool) -> Decoded:
    """Raises whatever decoding and sifting raise, and AssertionError where there is not one verdict."""
    decoded = decode(record, handler(record.topic), WALL, stream=stream)
    assert decoded.record is record
    assert sum(found is not None for found in (decoded.event, decoded.tick, decoded.refusal)) <= 1
    assert not decoded.unreadable or decoded.refusal is not None
    place = (record.topic, record.partition)
    sifted = sift([decoded], {place: Fence()}, WALL, stream=stream)
    assert sifted.fences[place].next_offset == record.offset + 1
    texts = [decoded.id, decoded.source, decoded.refusal.detail if decoded.refusal else ""]
    if decoded.event is not None:
        texts += [decoded.event.correlation_id, decoded.event.traceparent or ""]
    assert all("\0" not in text and text.isascii() for text in texts)
    return decoded


@given(
    record=st.builds(Record, topics, st.just(0), st.just(5), keys, values, headers, timestamps), stream=st.booleans()
)
@settings(deadline=None, max_examples=300)
@pytest.mark.slow
def test_noise_gets_one_verdict(record: Record, *, stream: bool) -> None:
    judge(record, stream=stream)


@given(changes=changes, timestamp=timestamps, key=keys, stream=st.booleans())
@settings(deadline=None, max_examples=300, suppress_health_check=[HealthCheck.filter_too_much])
def test_a_good_record_with_something_changed_gets_one_verdict(
    changes: dict[str, object], timestamp: int, key: bytes | None, *, stream: bool
) -> None:
    for make in (outside, ours):
        judge(make(key=key, timestamp=timestamp, **changes), stream=stream)  # type: ignore[arg-type]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@given(data=st.data(), value=json_values, topic=topics)
@settings(deadline=None, max_examples=300)
@pytest.mark.slow
def test_any_json_gets_one_verdict_and_no_field_of_it_is_told(data: st.DataObject, value: object, topic: str) -> None:
    """The names of fields in a detail are those of the contract."""
    types = sorted(handler(topic).parsers)
    make = ours if topic in {"crm.sales", "crm.parties"} else outside
    decoded = judge(make(value, topic=topic, ce_type=data.draw(st.sampled_from(types))), stream=False)
    known = {"value", *(field for entry in handler(topic).contracts.values() for field in _fields(entry.model))}
    if decoded.refusal is not None and decoded.refusal.reason == "schema" and ": " in decoded.refusal.detail:
        for problem in decoded.refusal.detail.split("; "):
            assert problem.partition(".")[0].partition(":")[0] in known, asdict(decoded.refusal)


def _fields(model: type) -> list[str]:
    return [*model.__dataclass_fields__]  # type: ignore[attr-defined]


attributes = st.sampled_from(["id", "source", "specversion", "type", "time", "partitionkey", "data", "data_base64"])
envelopes = st.dictionaries(attributes | st.text(max_size=6), json_values, max_size=6) | json_values
media = st.sampled_from(
    [b"application/cloudevents+json", b"application/cloudevents+json; charset=utf-8", b"application/CloudEvents-batch"]
) | st.binary(max_size=40).map(b"application/cloudevents".__add__)


@given(envelope=envelopes, noise=st.none() | st.binary(max_size=60), content=media, key=keys, topic=topics)
@settings(deadline=None, max_examples=300)
@pytest.mark.slow
def test_anything_in_structured_mode_gets_one_verdict(
    envelope: object, noise: bytes | None, content: bytes, key: bytes | None, topic: str
) -> None:
    good = {"specversion": "1.0", "id": "1", "source": "/shop", "type": min(handler(topic).parsers).decode()}
    whole = {**good, **envelope} if isinstance(envelope, dict) else envelope
    value = noise or json.dumps(whole).encode()
    judge(Record(topic, 0, 5, key, value, [("content-type", content)], 0), stream=False)


@given(records=st.lists(st.tuples(st.sampled_from(["", "{", "refused", "A-17"]), keys, st.integers(0, 3)), max_size=12))
@settings(deadline=None, max_examples=150)
def test_every_record_of_a_batch_ends_in_one_place(records: list[tuple[str, bytes | None, int]]) -> None:
    """Applied, parked or in quarantine, untouched; or passed over, where its id was applied."""
    batch = [
        outside(b"{" if sku == "{" else {**CHOICE, "sku": sku}, place=(0, offset), key=key, ce_id=b"id-%d" % id_)
        for offset, (sku, key, id_) in enumerate(records)
    ]
    storage = database()
    applied = asyncio.run(_applier(storage).apply(batch))
    parked = {one.record.offset: one.record for _, one in storage.tables.parked.values()}
    unread = {record.offset: record for record, _ in storage.tables.quarantine}
    stand = {int(offset) for _, offset in storage.tables.rows}
    assert not (parked.keys() & unread.keys() | parked.keys() & stand | unread.keys() & stand)
    assert all(found is batch[offset] for offset, found in (parked | unread).items())
    ids = {records[offset][2] for offset in stand}
    assert len(ids) == len(stand), "none is applied twice"
    left = set(range(len(batch))) - stand - parked.keys() - unread.keys()
    assert all(records[offset][2] in ids for offset in left)
    assert sum(applied.counts.values()) == len(batch)
    assert storage.tables.inbox == {("contacts.any", "/shop", f"id-{id_}") for id_ in ids}


def _applier(storage: MemoryDatabase) -> Applier:
    hears = Subscription("contacts.any", kind="process", topics=["crm.ingest"])

    @hears.topic("crm.ingest")
    async def take_choices(events: Sequence[Event[ReportedChoice]], tx: Any) -> None:
        for event in events:
            if event.data.sku == "refused":
                raise BadRecord("refused", holds=event.id != "id-3")
            tx.put("stands", f"{event.offset}", event.id)

    return Applier(hears, storage, stream=False, wall=lambda: WALL, is_infrastructure=lambda _: False)
