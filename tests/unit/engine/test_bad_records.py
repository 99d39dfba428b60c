"""What a bad record gets: each line of the contract, seen in what becomes of the record and of the next of its key."""

import base64
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shared.engine.applier import Applied, Applier
from shared.engine.event import Event, Record, Tombstone
from shared.engine.redrive import drop, redrive
from shared.engine.subscription import Subscription
from shared.errors import BadRecord, Conflict, NoIdentity
from shared.events.ingest import ReportedChoice
from shared.events.products import ProductDescribed
from tests.simulation.memory import MemoryDatabase
from tests.unit.engine.memory import database
from tests.unit.engine.records import CHOICE, GONE, WALL, WALL_MS, outside

AHEAD = (WALL + timedelta(minutes=5, seconds=1)).isoformat().encode()
REFUSALS = {"conflict": Conflict("other content"), "nobody": NoIdentity(), "refused": BadRecord("refused")}
PRODUCT = {"sku": "A-17", "name": "Lamp", "category": ["Home"], "price": {"minor": 1, "currency": "DKK"}}
STRUCTURED = b"application/cloudevents+json"
ENVELOPE: dict[str, object] = {
    "specversion": "1.0",
    "id": "choice-1",
    "source": "/shop",
    "type": "crm.product.chosen.v1",
    "time": "2026-03-01T09:30:00Z",
    "data": CHOICE,
}


def hearing() -> Subscription:
    """Takes every choice and product, but for the SKUs that name a refusal."""
    hears = Subscription("contacts.bad", kind="process", topics=["crm.ingest", "crm.products"])

    @hears.topic("crm.ingest")
    async def take_choices(events: Sequence[Event[ReportedChoice]], tx: Any) -> None:
        for event in events:
            if event.data.sku in REFUSALS:
                raise REFUSALS[event.data.sku]
            tx.put("stands", f"{event.offset}", event.data)

    @hears.topic("crm.products")
    async def take_products(events: Sequence[Event[ProductDescribed | Tombstone]], tx: Any) -> None:
        for event in events:
            tx.put("stands", f"{event.offset}", event.data)

    return hears


HEARS = hearing()


async def apply(storage: MemoryDatabase, *records: Record) -> Applied:
    applier = Applier(HEARS, storage, stream=False, wall=lambda: WALL, is_infrastructure=lambda _: False)
    return await applier.apply(records)


def standing(storage: MemoryDatabase) -> list[int]:
    return sorted(int(offset) for table, offset in storage.tables.rows if table == "stands")


def parked(storage: MemoryDatabase) -> dict[int, str]:
    return {one.record.offset: one.refusal.reason for _, one in storage.tables.parked.values()}


def choice(
    offset: int, sku: str = "A-17", *, id_: bytes | None = None, key: bytes | None = b"81", **more: Any
) -> Record:
    return outside({**CHOICE, "sku": sku}, place=(0, offset), key=key, ce_id=id_ or b"choice-%d" % offset, **more)


def structured(*, content: bytes = STRUCTURED, key: bytes | None = b"81", **changes: object) -> Record:
    envelope = {name: value for name, value in {**ENVELOPE, **changes}.items() if value is not GONE}
    headers = [("content-type", content)]
    return Record("crm.ingest", 0, 0, key, json.dumps(envelope).encode(), headers, WALL_MS)


ENCODED = base64.b64encode(json.dumps(CHOICE).encode()).decode()
LINES: dict[str, tuple[Record, str]] = {
    # Quarantined, with its bytes.
    "a required header is missing": (outside(ce_id=GONE), "quarantined missing_ce_id"),
    "a required header cannot be read": (outside(ce_source=b"\xff"), "quarantined unreadable_ce_source"),
    "bad JSON": (outside(b'{"sku":'), "quarantined bad_json"),
    "a lone surrogate": (outside(b'{"sku": "\\ud800"}'), "quarantined bad_json"),
    "a null value on crm.ingest": (outside(None), "quarantined null_value"),
    "a forged source": (outside(ce_source=b"/contacts"), "quarantined forged_source"),
    "an unknown type": (outside(ce_type=b"crm.nobody.knows.v1"), "quarantined unknown_type"),
    "an unknown type on a compacted topic": (
        outside(PRODUCT, topic="crm.products", ce_type=b"crm.nobody.knows.v1"),
        "quarantined unknown_type",
    ),
    "ce_partitionkey is not the key": (outside(ce_partitionkey=b"82"), "quarantined partitionkey_is_not_the_key"),
    "a time ahead of the clock": (outside(ce_time=AHEAD), "quarantined time_ahead_of_the_clock"),
    "no time at all": (outside(ce_time=GONE, timestamp=-1), "quarantined missing_ce_time"),
    # Parked, holding back the later records of its key.
    "a value that breaks the schema": (outside({**CHOICE, "intent": "stolen"}), "parked schema"),
    "an unknown major": (outside(ce_type=b"crm.product.chosen.v2"), "parked unknown_major"),
    "a handler's refusal": (choice(0, "refused"), "parked refused"),
    "a value over the limit": (outside(b"1" * 1_000_001), "parked too_large"),
    # Parked alone.
    "a conflict": (choice(0, "conflict"), "parked alone conflict"),
    "no identity": (choice(0, "nobody"), "parked alone no_identity"),
    "no key and broken": (outside({}, key=None), "parked alone schema"),
    "no key and refused": (choice(0, "refused", key=None), "parked alone refused"),
    "an empty key and broken": (outside({}, key=b""), "parked alone schema"),
    "an empty key and refused": (choice(0, "refused", key=b""), "parked alone refused"),
    # Handled.
    "a null value on a compacted topic": (Record("crm.products", 0, 0, b"A-17", None, [], 0), "handled"),
    "ce_partitionkey of bytes that are the key": (outside(key=b"\xff\x01", ce_partitionkey=b"\xff\x01"), "handled"),
    "ce_partitionkey without value": (outside(ce_partitionkey=None), "handled"),
    "any other header": (outside(ce_storename="København".encode(), __value_schema_id=b"\0\1"), "handled"),
    "a byte order mark": (outside(b"\xef\xbb\xbf" + json.dumps(CHOICE).encode()), "handled"),
    "a leap second": (outside(ce_time=b"2026-02-28t23:59:60z"), "handled"),
    # Structured mode, by the same rules.
    "structured": (structured(), "handled"),
    "structured, with a charset": (structured(content=b"Application/CloudEvents+JSON; charset=UTF-8"), "handled"),
    "structured, its data in base64": (structured(data=GONE, data_base64=ENCODED), "handled"),
    "structured, with anything besides": (structured(sequence=7, storename="København", odd=[1]), "handled"),
    "structured, without time": (structured(time=None), "handled"),
    "structured, its key named": (structured(partitionkey="81"), "handled"),
    "structured, no id": (structured(id=GONE), "quarantined missing_ce_id"),
    "structured, an id that is no text": (structured(id=[1]), "quarantined unreadable_ce_id"),
    "structured, another specversion": (structured(specversion="0.3"), "quarantined unknown_specversion"),
    "structured, a forged source": (structured(source="/contacts"), "quarantined forged_source"),
    "structured, another key": (structured(partitionkey="82"), "quarantined partitionkey_is_not_the_key"),
    "structured, ahead of the clock": (structured(time=AHEAD.decode()), "quarantined time_ahead_of_the_clock"),
    "structured, no time at all": (replace(structured(time=GONE), timestamp=-1), "quarantined missing_ce_time"),
    "structured, an unknown type": (structured(type="crm.nobody.knows.v1"), "quarantined unknown_type"),
    "structured, no data": (structured(data=GONE), "quarantined null_value"),
    "structured, both kinds of data": (structured(data_base64=ENCODED), "quarantined unreadable_data_base64"),
    "structured, no base64": (structured(data=GONE, data_base64="{"), "quarantined unreadable_data_base64"),
    "structured, bad JSON in base64": (structured(data=GONE, data_base64="e30="), "parked schema"),
    "structured, no object": (replace(structured(), value=b"[]"), "quarantined bad_json"),
    "structured, bad JSON": (replace(structured(), value=b"{"), "quarantined bad_json"),
    "structured, a value that breaks the schema": (structured(data={**CHOICE, "intent": "stolen"}), "parked schema"),
    "structured, an unknown major": (structured(type="crm.product.chosen.v2"), "parked unknown_major"),
    "structured, a conflict": (structured(data={**CHOICE, "sku": "conflict"}), "parked alone conflict"),
    "structured, no key": (structured(data={}, key=None), "parked alone schema"),
    "structured, no data on a compacted topic": (
        replace(structured(type="crm.product.described.v1", data=GONE), topic="crm.products"),
        "quarantined null_value",
    ),
    "batched": (
        replace(structured(content=b"application/cloudevents-batch+json"), value=b"[]"),
        "quarantined batched_mode",
    ),
    "another format of events": (
        structured(content=b"application/cloudevents+avro"),
        "quarantined unknown_event_format",
    ),
}


@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize("together", [True, False], ids=["in one batch", "one by one"])
async def test_what_a_record_gets_and_the_next_of_its_key(line: str, *, together: bool) -> None:
    record, expected = LINES[line]
    follower = choice(1, id_=b"next", key=record.key)
    if record.topic == "crm.products":
        headers = [*choice(1, id_=b"next", ce_type=b"crm.product.described.v1").headers]
        follower = Record("crm.products", 0, 1, record.key, json.dumps(PRODUCT).encode(), headers, WALL_MS)
    storage = database()
    for batch in ((record, follower),) if together else ((record,), (follower,)):
        await apply(storage, *batch)
    verdict, _, reason = expected.rpartition(" ") if " " in expected else ("", "", "")
    quarantined = [refusal.reason for _, refusal in storage.tables.quarantine]
    assert quarantined == ([reason] if verdict == "quarantined" else [])
    assert parked(storage) == {
        "parked": {0: reason, 1: "behind"},
        "parked alone": {0: reason},
    }.get(verdict, {})
    assert standing(storage) == {"": [0, 1], "parked": []}.get(verdict, [1])
    assert all(kept is record for kept, _ in storage.tables.quarantine), "with its bytes"


@pytest.mark.parametrize(
    ("bad", "other"),
    [
        (b"\xff\x01", b"\xff\x02"),
        ((2**40).to_bytes(8, "big"), (2**40 + 200).to_bytes(8, "big")),
        (b"\xef\xbf\xbd", b"\xff"),
        (b"81", b"81\0"),
    ],
    ids=["two that no text tells apart", "numbers of a Java client", "a replacement character", "a zero more"],
)
@pytest.mark.parametrize("sku", ["refused", ""], ids=["a handler's refusal", "a broken schema"])
async def test_keys_are_bytes(bad: bytes, other: bytes, sku: str) -> None:
    """They hold nobody back who has other bytes, in the same batch and later, and giving one up frees its own."""
    storage = database()
    await apply(storage, choice(0, sku, key=bad), choice(1, key=other), choice(2, key=bad))
    await apply(storage, choice(3, key=other), choice(4, key=bad))
    assert standing(storage) == [1, 3]
    waiting = sorted((one for _, one in storage.tables.parked.values()), key=lambda one: one.record.offset)
    assert [one.record.key for one in waiting] == [bad, bad, bad]
    await drop(HEARS, storage, waiting[0], "cannot be used")
    assert (await redrive(HEARS, storage, waiting[1])).applied == 2
    assert standing(storage) == [1, 2, 3, 4]
    assert not storage.tables.parked


KINDS = {"schema": "", "no_identity": "nobody", "conflict": "conflict", "refused": "refused"}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("together", [True, False], ids=["in one batch", "later"])
async def test_a_corrected_record_may_carry_the_id_of_a_refused_one(kind: str, *, together: bool) -> None:
    """Without a key it is applied at once; the refused one is known as done when it is tried again."""
    storage = database()
    bad, good = choice(0, KINDS[kind], id_=b"x", key=None), choice(1, id_=b"x", key=None)
    for batch in ((bad, good),) if together else ((bad,), (good,)):
        await apply(storage, *batch)
    assert (standing(storage), parked(storage)) == ([1], {0: kind})
    applied = await apply(storage, choice(2, id_=b"x", key=None), choice(3, KINDS[kind], id_=b"x", key=None))
    assert applied.counts == {("crm.ingest", "repeated"): 2}
    ((_, waiting),) = storage.tables.parked.values()
    repaired = replace(waiting, record=replace(waiting.record, value=good.value))
    storage.tables.parked[waiting.id] = (HEARS.group, repaired)
    assert (await redrive(HEARS, storage, repaired)).reason is None
    assert (standing(storage), parked(storage)) == ([1], {})


@pytest.mark.parametrize("kind", KINDS)
async def test_a_record_that_was_given_up_leaves_its_id(kind: str) -> None:
    storage = database()
    await apply(storage, choice(0, KINDS[kind], id_=b"x"))
    ((_, waiting),) = storage.tables.parked.values()
    await drop(HEARS, storage, waiting, "corrected by its sender")
    await apply(storage, choice(1, id_=b"x"))
    assert (standing(storage), parked(storage)) == ([1], {})


async def test_what_waits_twice_is_applied_once_and_in_the_place_of_the_first() -> None:
    """A sender tries again while its key is held."""
    storage = database()
    await apply(storage, choice(0, "refused", id_=b"w"), choice(1, id_=b"x"), choice(2, id_=b"x"))
    await apply(storage, choice(3, id_=b"w"), choice(4, id_=b"x"), choice(5, id_=b"y"))
    assert parked(storage) == {0: "refused", **dict.fromkeys(range(1, 6), "behind")}
    first = next(one for _, one in storage.tables.parked.values() if one.record.offset == 0)
    repaired = replace(first, record=replace(first.record, value=json.dumps(CHOICE).encode()))
    storage.tables.parked[first.id] = (HEARS.group, repaired)
    assert (await redrive(HEARS, storage, repaired)).applied == 6
    assert (standing(storage), parked(storage)) == ([0, 1, 5], {})
    applied = await apply(storage, choice(6, id_=b"w"), choice(7, id_=b"x"))
    assert applied.counts == {("crm.ingest", "repeated"): 2}


async def test_one_that_was_applied_keeps_its_id_where_its_repetition_waits() -> None:
    storage = database()
    await apply(storage, choice(0, id_=b"x"), choice(1, ""), choice(2, id_=b"x"))
    assert (standing(storage), parked(storage)) == ([0], {1: "schema", 2: "behind"})
    applied = await apply(storage, choice(3, id_=b"x", key=b"another"))
    assert applied.counts == {("crm.ingest", "repeated"): 1}


@pytest.mark.slow
async def test_one_id_that_comes_again_and_again_and_is_always_refused_is_always_parked() -> None:
    """More often than functions may call themselves."""
    storage = database()
    applied = await apply(storage, *(choice(n, "conflict", id_=b"x", key=None) for n in range(500)))
    assert applied.counts == {("crm.ingest", "parked"): 500}


async def test_one_that_waited_and_is_then_refused_leaves_its_id() -> None:
    storage = database()
    await apply(storage, choice(0, "refused"), choice(1, "conflict", id_=b"x"), choice(2))
    first = next(one for _, one in storage.tables.parked.values() if one.record.offset == 0)
    await drop(HEARS, storage, first, "wrong")
    behind = next(one for _, one in storage.tables.parked.values() if one.record.offset == 1)
    done = await redrive(HEARS, storage, behind)
    assert (done.applied, done.reason, standing(storage), parked(storage)) == (1, "conflict", [2], {1: "conflict"})
    await apply(storage, choice(3, id_=b"x"))
    assert standing(storage) == [2, 3], "the conflict holds its key no longer"


async def test_what_is_parked_alone_stays_alone_when_it_is_refused_for_another_reason() -> None:
    storage = database()
    await apply(storage, choice(0, "conflict"))
    ((_, alone),) = storage.tables.parked.values()
    broken = replace(alone, record=replace(alone.record, value=b"{}"))
    storage.tables.parked[alone.id] = (HEARS.group, broken)
    assert (await redrive(HEARS, storage, broken)).reason == "schema"
    await apply(storage, choice(1))
    assert (standing(storage), parked(storage)) == ([1], {0: "schema"})
