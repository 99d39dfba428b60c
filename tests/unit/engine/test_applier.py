"""A batch of records, applied: what the simulation's faults do not reach."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any

import pytest

from shared.engine import parking
from shared.engine.applier import Applied, Applier
from shared.engine.event import Emission, Event, Record
from shared.engine.ledger import Fence
from shared.engine.subscription import Due, Subscription
from shared.errors import BadRecord, Oversized, Transient
from shared.events.contract import contract_of
from shared.events.ingest import ReportedChoice
from shared.events.sales import ProductChosen
from tests.simulation.memory import MemoryDatabase, MemoryTransaction
from tests.unit.engine.memory import database
from tests.unit.engine.records import CHOICE, CHOSEN, HEARS, WALL, ours, outside

Act = Callable[[Sequence[Event[Any]], Any], Awaitable[None]]
CHOSE = contract_of(ProductChosen).adapter.validate_python(CHOSEN)


def applier(storage: MemoryDatabase, act: Act, *, stream: bool = False) -> Applier:
    """Its handler notes the ids of the events that stand, after `act` had its say."""
    hears = Subscription("contacts.ingest", kind="process", topics=["crm.ingest"])

    @hears.topic("crm.ingest")
    async def note(events: Sequence[Event[ReportedChoice]], tx: Any) -> None:
        await act(events, tx)
        for event in events:
            tx.put("stands", event.id, event.now)

    return Applier(
        hears, storage, stream=stream, wall=lambda: WALL, is_infrastructure=lambda error: isinstance(error, Transient)
    )


def choices(count: int, *, first: int = 0, key: str | None = None) -> list[Record]:
    """Each of its own key, or all of one."""
    return [
        outside(place=(0, n), ce_id=b"id-%d" % n, key=(key or f"key-{n}").encode()) for n in range(first, first + count)
    ]


def tick(now: datetime, place: tuple[int, int]) -> Record:
    value = {"now": now.isoformat()}
    return outside(value, place=place, key=None, ce_id=b"tick", ce_type=b"crm.clock.ticked.v1", ce_source=b"/replayer")


def standing(storage: MemoryDatabase) -> list[str]:
    return sorted(id_ for table, id_ in storage.tables.rows if table == "stands")


def at_most(number: int) -> Act:
    """Emits one event each, and no transaction takes more than so many."""

    async def emit(events: Sequence[Event[Any]], tx: Any) -> None:
        tx.emit(Emission(CHOSE, WALL, cause=event) for event in events)
        if len(tx._rows) > number:
            raise Oversized(f"at most {number}")

    return emit


async def take(events: Sequence[Event[Any]], tx: Any) -> None:
    """Takes them all."""


def refuse(*ids: str, error: type[Exception] = BadRecord) -> Act:
    async def act(events: Sequence[Event[Any]], tx: Any) -> None:
        del tx
        for event in events:
            if event.id in ids:
                raise error("refused")

    return act


async def test_a_batch_that_emits_too_much_is_halved_until_it_does_not() -> None:
    storage = database()
    applied = await applier(storage, at_most(3)).apply(choices(10))
    assert applied.counts == {("crm.ingest", "handled"): 10}
    assert len(storage.tables.outbox) == 10
    assert storage.tables.fences["contacts.ingest", ("crm.ingest", 0)].next_offset == 10
    assert not storage.tables.parked


async def test_a_bad_event_in_a_batch_that_emits_too_much_is_found_in_its_half() -> None:
    storage = database()
    emits, refuses = at_most(3), refuse("id-4")

    async def both(events: Sequence[Event[Any]], tx: Any) -> None:
        await refuses(events, tx)
        await emits(events, tx)

    applied = await applier(storage, both).apply(choices(10))
    assert applied.counts == {("crm.ingest", "handled"): 9, ("crm.ingest", "parked"): 1}
    assert len(storage.tables.outbox) == 9


async def test_one_event_that_emits_too_much_is_parked() -> None:
    storage = database()
    applied = await applier(storage, at_most(0)).apply(choices(3))
    assert applied.counts == {("crm.ingest", "parked"): 3}
    assert {one.refusal.reason for _, one in storage.tables.parked.values()} == {"oversized"}
    assert not storage.tables.outbox


async def test_infrastructure_errors_leave_nothing_behind() -> None:
    storage = database()
    with pytest.raises(Transient):
        await applier(storage, refuse("id-1", error=Transient)).apply(choices(3))
    assert not storage.tables.fences
    assert not standing(storage)


async def test_infrastructure_errors_while_searching_leave_the_breaker_as_it_was() -> None:
    storage = database()
    broken = applier(storage, refuse("id-0", error=KeyError))

    class Failing(MemoryTransaction):
        async def park(self, records: object) -> None:
            raise Transient(f"the database is gone: {records is None}")

    storage.kind = Failing
    for _ in range(30):
        with pytest.raises(Transient):
            await broken.apply(choices(2))
    assert not broken.breaker._outcomes


async def test_a_place_whose_breaker_opens_stands_still_and_others_go_on() -> None:
    storage = database()
    bad = [f"id-{n}" for n in range(30)]
    other = outside(place=(1, 0), ce_id=b"fine")
    applied = await applier(storage, refuse(*bad, error=KeyError)).apply([*choices(30), other])
    assert applied.tripped == {("crm.ingest", 0)}
    assert applied.counts == {("crm.ingest", "handled"): 1}
    assert standing(storage) == ["fine"]
    assert not storage.tables.parked
    assert ("contacts.ingest", ("crm.ingest", 0)) not in storage.tables.fences


@pytest.mark.parametrize("put_back", [False, True], ids=["an open breaker", "a fence that goes back"])
async def test_a_half_is_left_alone_where_the_one_before_it_does_not_stand(
    put_back: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The fence would move over what was not applied."""
    monkeypatch.setattr(parking, "_LIMIT", 1)
    storage = database()
    before = storage.backup()

    async def go_back() -> None:
        storage.restore(before)

    async def act(events: Sequence[Event[Any]], tx: Any) -> None:
        if len(events) > 2:
            raise Oversized("at most 2")
        if put_back:
            tx.after_commit(go_back)
        else:
            await refuse("id-1", error=ZeroDivisionError)(events, tx)

    applied = await applier(storage, act).apply(choices(4))
    assert applied.reverted | applied.tripped == {("crm.ingest", 0)}
    assert standing(storage) == []
    fence = storage.tables.fences.get(("contacts.ingest", ("crm.ingest", 0)), Fence())
    assert fence.next_offset == 0


async def test_when_every_place_stands_still_nothing_happened() -> None:
    storage = database()
    applied = await applier(storage, refuse(*(f"id-{n}" for n in range(30)), error=KeyError)).apply(choices(30))
    assert (applied.counts, applied.tripped) == ({}, {("crm.ingest", 0)})
    assert not storage.tables.fences


async def test_a_stopped_place_is_told_of_and_left_alone() -> None:
    storage = database()
    storage.tables.fences["contacts.ingest", ("crm.ingest", 0)] = Fence(stopped="lost: …")
    applied = await applier(storage, take).apply([*choices(2), outside(place=(1, 0), ce_id=b"fine")])
    assert applied.paused == {("crm.ingest", 0): "lost: …"}
    assert standing(storage) == ["fine"]


async def test_what_was_parked_holds_back_its_key_in_later_batches_too() -> None:
    storage = database()
    holding = applier(storage, refuse("id-0"))
    await holding.apply(choices(2, key="ada"))
    await holding.apply([*choices(1, first=2, key="ada"), *choices(1, first=3, key="eve")])
    assert standing(storage) == ["id-3"]
    reasons = [one.refusal.reason for _, one in storage.tables.parked.values()]
    assert reasons == ["refused", "behind", "behind"]
    assert storage.tables.fences["contacts.ingest", ("crm.ingest", 0)].parked == 3


async def test_a_broken_record_behind_a_parked_one_keeps_its_own_reason() -> None:
    storage = database()
    broken = outside({**CHOICE, "intent": "stolen"}, place=(0, 1), ce_id=b"id-1", key=b"ada")
    await applier(storage, refuse("id-0")).apply(choices(1, key="ada"))
    await applier(storage, take).apply([broken])
    assert [one.refusal.reason for _, one in storage.tables.parked.values()] == ["refused", "schema"]


async def test_a_broken_record_without_key_holds_nothing_back() -> None:
    storage = database()
    broken = outside({**CHOICE, "intent": "stolen"}, ce_id=b"broken", key=None)
    fine = outside(place=(0, 1), ce_id=b"fine", key=None)
    applied = await applier(storage, take).apply([broken, fine])
    assert applied.counts == {("crm.ingest", "parked"): 1, ("crm.ingest", "handled"): 1}


async def test_a_sender_that_repeats_itself_is_counted_and_heard_once() -> None:
    storage = database()
    first, again = choices(1)[0], outside(place=(0, 1), ce_id=b"id-0")
    applied = await applier(storage, take).apply([first, again])
    later = await applier(storage, take).apply([outside(place=(0, 2), ce_id=b"id-0")])
    assert applied.counts == {("crm.ingest", "handled"): 1, ("crm.ingest", "repeated"): 1}
    assert later.counts == {("crm.ingest", "repeated"): 1}


async def test_what_nobody_can_read_goes_to_quarantine_and_says_so() -> None:
    storage = database()
    applied = await applier(storage, take).apply([outside(b"{"), *choices(1, first=1)])
    assert applied.counts == {("crm.ingest", "quarantined"): 1, ("crm.ingest", "handled"): 1}
    assert [refusal.reason for _, refusal in storage.tables.quarantine] == ["bad_json"]


async def test_on_the_streams_clock_a_parked_event_remembers_when_it_was_tried() -> None:
    storage = database()
    tick = outside({"now": "2026-03-01T10:00:00Z"}, ce_type=b"crm.clock.ticked.v1", ce_id=b"tick")
    schema = outside({}, place=(0, 3), ce_id=b"schema", key=b"eve")
    applied = await applier(storage, refuse("id-1"), stream=True).apply([tick, *choices(2, first=1), schema])
    ten = WALL.replace(hour=10)
    assert applied.ticked
    assert storage.tables.rows == {("stands", "id-2"): ten}
    assert [one.handled_at for _, one in storage.tables.parked.values()] == [ten, ten]


async def test_our_own_records_are_told_apart_by_their_numbers_and_counted() -> None:
    storage = database()
    batch = [
        ours(place=(0, 0)),
        ours(place=(0, 1), ce_id=b"again"),
        ours(place=(0, 2), ce_id=b"unknown", ce_sequence=b"2", ce_type=b"crm.nobody.knows.v1"),
    ]
    hearing = Applier(HEARS, storage, stream=False, wall=lambda: WALL, is_infrastructure=lambda _: False)
    applied = await hearing.apply(batch)
    assert applied.counts == {("crm.sales", "handled"): 1, ("crm.sales", "resent"): 1, ("crm.sales", "skipped"): 1}
    assert not storage.tables.inbox


async def test_an_empty_batch_is_no_work() -> None:
    assert await applier(database(), take).apply([]) == Applied()


def test_two_halves_are_counted_as_one() -> None:
    first = Applied({("t", "handled"): 1}, {("t", 0): "why"}, {("t", 1)}, ticked=False)
    both = first.then(Applied({("t", "handled"): 2, ("t", "parked"): 1}, {}, {("t", 2)}, ticked=True))
    assert both.counts == {("t", "handled"): 3, ("t", "parked"): 1}
    assert (both.paused, both.tripped, both.ticked) == ({("t", 0): "why"}, {("t", 1), ("t", 2)}, True)


async def test_timers_wait_beyond_the_last_event_of_their_partition_and_never_for_a_tick_after_it() -> None:
    """On the stream's clock the tick after the last event may be the last of all."""
    storage, heard = database(), []
    hears = Subscription("contacts.ingest", kind="process", topics=["crm.ingest"])

    @hears.topic("crm.ingest")
    async def note(events: Sequence[Event[ReportedChoice]], tx: Any) -> None:
        heard.append((dict(tx.last_event_times), [event.now for event in events]))

    @hears.timer("remind")
    async def remind(due: Sequence[Due], tx: Any) -> None:
        del due, tx

    first, last = (WALL.replace(month=2, day=day) for day in (2, 3))
    reading = Applier(hears, storage, stream=True, wall=lambda: WALL, is_infrastructure=lambda _: False)
    await reading.apply(
        [
            tick(first, (0, 0)),
            outside(place=(0, 1), ce_id=b"early", ce_time=b"2026-02-02T09:30:00Z"),
            tick(last, (0, 2)),
            tick(first, (1, 0)),
            tick(last, (1, 1)),
            outside(place=(1, 2), ce_id=b"late", ce_time=b"2026-02-02T09:30:00Z"),
        ]
    )
    assert heard == [({0: first, 1: last}, [first, last])]
