"""Fence and mark: what of a batch is new, and where a partition stops."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from shared.engine.decode import Decoded, decode
from shared.engine.event import Record
from shared.engine.fence import Sifted, fingerprint, sift
from shared.engine.ledger import Fence
from shared.engine.positions import check_positions
from tests.unit.engine.records import WALL, WALL_MS, handler, ours, outside

PLACE = ("crm.sales", 0)
TICK = "crm.clock.ticked.v1"


def sale(offset: int, number: int, *, topic: str = "crm.sales", partition: int = 0, **headers: object) -> Decoded:
    headers = {"ce_id": b"id-%d" % offset, "ce_sequence": b"%d" % number, **headers}
    return read(ours(topic=topic, place=(partition, offset), **headers))  # type: ignore[arg-type]  # headers by name


def read(record: Record) -> Decoded:
    return decode(record, handler(record.topic), WALL, stream=True)


def run(fence: Fence, *batch: Decoded, stream: bool = False) -> tuple[Sifted, Fence]:
    """Sifts the batch of one partition; the locked fence itself must stay as it was."""
    place = (batch[0].record.topic, batch[0].record.partition)
    before = fence.copy()
    sifted = sift(batch, {place: fence}, WALL, stream=stream)
    assert fence == before
    return sifted, sifted.fences[place]


def offsets(sifted: Sifted) -> list[int]:
    return [decoded.record.offset for decoded in sifted.fresh]


def test_what_is_new_moves_fence_mark_and_watermark() -> None:
    sifted, fence = run(Fence(), sale(0, 5), sale(1, 6))
    assert offsets(sifted) == [0, 1]
    assert (fence.next_offset, fence.last_offset, fence.mark, fence.watermark) == (2, 1, 6, WALL)
    assert fence.last_id == fingerprint(sale(1, 6).record)
    assert not sifted.passed_over


def test_below_the_fence_is_redelivered() -> None:
    sifted, fence = run(Fence(next_offset=2, last_id="id-1", mark=2), sale(0, 1), sale(1, 2), sale(2, 3))
    assert offsets(sifted) == [2]
    assert sifted.passed_over == {("crm.sales", "redelivered"): 2}
    assert fence.mark == 3


@pytest.mark.parametrize("number", [1, 2])
def test_at_or_below_the_mark_is_a_second_sending(number: int) -> None:
    sifted, fence = run(Fence(next_offset=2, last_id="id-1", mark=2), sale(2, number), sale(3, 3))
    assert offsets(sifted) == [3]
    assert sifted.passed_over == {("crm.sales", "resent"): 1}
    assert (fence.next_offset, fence.last_offset) == (4, 3)


@pytest.mark.parametrize(("number", "missing"), [(4, "3"), (5, "3 to 4")])
def test_a_number_left_out_stops_the_partition_before_that_record(number: int, missing: str) -> None:
    sifted, fence = run(Fence(next_offset=2, last_id="id-1", mark=2), sale(2, number), sale(3, number + 1))
    assert not sifted.fresh
    assert sifted.stopped == {PLACE: f"lost: sequence {missing} is missing before offset 2"}
    assert (fence.next_offset, fence.mark, fence.stopped) == (2, 2, sifted.stopped[PLACE])


def test_a_group_without_a_mark_begins_at_any_number() -> None:
    sifted, fence = run(Fence(next_offset=2), sale(2, 900))
    assert offsets(sifted) == [2]
    assert fence.mark == 900


def test_numbers_may_be_missing_where_the_log_is_compacted() -> None:
    sifted, fence = run(Fence(next_offset=2, last_id="id-1", mark=2), sale(7, 9, topic="crm.parties"))
    assert not sifted.stopped
    assert (fence.next_offset, fence.mark) == (8, 9)


def test_another_record_at_the_last_handled_place_stops_the_partition() -> None:
    sifted, fence = run(Fence(next_offset=4, last_offset=1, last_id="another", mark=2), sale(1, 2), sale(4, 3))
    assert not sifted.fresh
    assert fence.stopped == "recreated: another record stands where the last handled one was"
    assert fence.next_offset == 4


@pytest.mark.parametrize("fence", [Fence(next_offset=2, last_offset=1, last_id="another"), Fence(next_offset=1)])
def test_only_the_very_last_record_and_a_known_id_tell_of_another_log(fence: Fence) -> None:
    sifted, _ = run(fence, sale(0, 1))
    assert not sifted.stopped


LATER = {
    "dated ahead, and its time has come": (outside(ce_time=b"2026-03-01T12:06:00Z"), WALL + timedelta(minutes=5)),
    "our clock was set back and forth": (outside(timestamp=WALL_MS, ce_time=b"2026-03-01T12:00:00Z"), WALL),
    "a type that an upgrade knows": (outside(ce_type=b"crm.product.chosen.v1"), WALL),
    "never readable": (outside(ce_id=b"\xff"), WALL),
}


@pytest.mark.parametrize("later", LATER)
def test_what_can_be_made_of_the_last_record_may_change_and_it_is_the_same_record(later: str) -> None:
    record, then = LATER[later]
    now = WALL - timedelta(minutes=6) if "clock" in later else WALL
    hears = handler(record.topic)
    if "upgrade" in later:
        record = replace(
            record, headers=tuple((n, v if n != "ce_type" else b"crm.nobody.knows.v1") for n, v in record.headers)
        )
    first = decode(record, hears, now, stream=False)
    assert first.refusal is not None, "it cannot be read now"
    sifted = sift([first], {(record.topic, 0): Fence()}, now, stream=False)
    fence = sifted.fences[record.topic, 0]
    again = sift([decode(record, hears, then, stream=False)], {(record.topic, 0): fence}, then, stream=False)
    assert not again.stopped
    assert again.passed_over == {(record.topic, "redelivered"): 1}


def test_where_the_fence_went_back_nothing_of_the_place_is_handled() -> None:
    fences = {("crm.sales", 0): Fence(next_offset=2), ("crm.sales", 1): Fence(next_offset=2)}
    known = {("crm.sales", 0): 3, ("crm.sales", 1): 2}
    sifted = sift([sale(3, 1), sale(2, 1, partition=1), sale(4, 2)], fences, WALL, known, stream=False)
    assert sifted.reverted == {("crm.sales", 0)}
    assert [decoded.record.partition for decoded in sifted.fresh] == [1]
    assert sifted.fences["crm.sales", 0] == fences["crm.sales", 0]


def test_a_stopped_partition_takes_nothing_and_others_go_on() -> None:
    fences = {("crm.sales", 0): Fence(next_offset=2, stopped="lost: …"), ("crm.sales", 1): Fence()}
    sifted = sift([sale(2, 3), sale(0, 1, partition=1), sale(3, 4)], fences, WALL, stream=False)
    assert [decoded.record.partition for decoded in sifted.fresh] == [1]
    assert sifted.stopped == {("crm.sales", 0): "lost: …"}
    assert sifted.fences["crm.sales", 0] == fences["crm.sales", 0]


def test_what_nobody_asked_for_and_what_is_refused_move_the_fence_too() -> None:
    unknown, broken = sale(0, 1, ce_type=b"crm.nobody.knows.v1"), read(ours(b"{", place=(0, 1), ce_sequence=b"2"))
    sifted, fence = run(Fence(), unknown, broken)
    assert sifted.fresh == [broken]
    assert sifted.passed_over == {("crm.sales", "skipped"): 1}
    assert (fence.next_offset, fence.mark) == (2, 2)


def test_offsets_alone_decide_on_topics_from_outside() -> None:
    first = read(outside(place=(0, 0), ce_sequence=b"9"))
    second = read(outside(place=(0, 1), ce_sequence=b"3"))
    sifted, fence = run(Fence(), first, second)
    assert offsets(sifted) == [0, 1]
    assert fence.mark == 0


@pytest.mark.parametrize(
    ("timestamp", "watermark"),
    [
        (WALL_MS - 1_000, WALL - timedelta(seconds=1)),
        (WALL_MS + 60_000, WALL),
        (2**62, WALL),
        (-1, datetime.fromtimestamp(0, UTC)),
        (-(2**62), datetime.fromtimestamp(0, UTC)),
    ],
)
def test_on_the_wall_clock_the_watermark_is_when_a_record_was_written_and_never_ahead(
    timestamp: int, watermark: datetime
) -> None:
    record = read(outside(timestamp=timestamp))
    sifted, fence = run(Fence(), record)
    assert fence.watermark == watermark
    assert [decoded.event.now for decoded in sifted.fresh if decoded.event] == [WALL]


def test_a_watermark_never_goes_back() -> None:
    _, fence = run(Fence(watermark=WALL), read(outside(timestamp=WALL_MS - 1_000)))
    assert fence.watermark == WALL


def tick(offset: int, text: str) -> Decoded:
    return read(outside({"now": text}, place=(0, offset), ce_type=TICK.encode()))


def test_on_the_streams_clock_a_fact_is_handled_no_earlier_than_it_happened() -> None:
    """Else facts between two ticks would be of one moment, and a consent after a withdrawal would not hold."""
    early, late = read(outside(place=(0, 1), ce_time=b"2026-03-01T09:40:00Z")), read(outside(place=(0, 2)))
    sifted, _ = run(Fence(), tick(0, "2026-03-01T09:00:00Z"), early, late, stream=True)
    assert [decoded.event.now for decoded in sifted.fresh if decoded.event] == [
        WALL.replace(hour=9, minute=40),
        WALL.replace(hour=9, minute=30),
    ]


def test_on_the_streams_clock_late_events_are_handled_at_the_last_tick_before_them() -> None:
    batch = [
        read(outside(place=(0, 0))),
        tick(1, "2026-03-01T10:00:00Z"),
        read(outside(place=(0, 2))),
        tick(3, "2026-03-01T09:00:00Z"),
        read(outside(place=(0, 4))),
    ]
    sifted, fence = run(Fence(), *batch, stream=True)
    ten = WALL.replace(hour=10)
    happened = WALL.replace(hour=9, minute=30)
    assert [decoded.event.now for decoded in sifted.fresh if decoded.event] == [happened, ten, ten]
    assert fence.watermark == ten
    assert sifted.ticked
    assert not sifted.passed_over


@pytest.mark.parametrize(
    ("topic", "fence", "beginning", "end", "offset", "alarm"),
    [
        ("crm.sales", Fence(), 3, 9, 3, None),
        ("crm.sales", Fence(next_offset=5, last_offset=4), 0, 9, 4, None),
        ("crm.sales", Fence(next_offset=5, last_offset=2), 0, 5, 2, None),
        ("crm.sales", Fence(next_offset=5, last_offset=2), 3, 5, 3, None),
        ("crm.sales", Fence(next_offset=5), 0, 5, 5, None),
        ("crm.sales", Fence(next_offset=5), 5, 9, 5, None),
        ("crm.sales", Fence(next_offset=5), 0, 4, 4, "recreated: the log ends at 4, 5 was expected"),
        ("crm.sales", Fence(next_offset=5), 6, 9, 6, "truncated: 5 to 5 were deleted before they were handled"),
        ("crm.parties", Fence(next_offset=5), 6, 9, 6, None),
    ],
)
def test_a_partition_is_read_again_from_the_last_record_that_was_handled(
    topic: str, fence: Fence, beginning: int, end: int, offset: int, alarm: str | None
) -> None:
    assert check_positions((topic, 0), fence, beginning, end) == (offset, alarm)
