"""Fence and mark: which records of a batch are new, decided under the lock of the fences. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import blake2b
from types import MappingProxyType

from shared.engine.decode import Decoded
from shared.engine.event import Record
from shared.engine.ledger import Fence, Place
from shared.events.topics import COMPACTED, OWNERS

_NOTHING: Mapping[Place, int] = MappingProxyType({})


@dataclass(slots=True)
class Sifted:
    """What is left of a batch: `fresh` in the order of the log, the moved `fences`, and what was seen on the way."""

    fresh: list[Decoded] = field(default_factory=list)
    fences: dict[Place, Fence] = field(default_factory=dict)
    stopped: dict[Place, str] = field(default_factory=dict)
    reverted: set[Place] = field(default_factory=set)
    last: dict[Place, Record] = field(default_factory=dict)
    passed_over: Counter[tuple[str, str]] = field(default_factory=Counter)
    ticked: bool = False


def sift(
    batch: Iterable[Decoded],
    locked: Mapping[Place, Fence],
    wall: datetime,
    known: Mapping[Place, int] = _NOTHING,
    *,
    stream: bool,
) -> Sifted:
    """Drop what stands already and stop where something is missing.

    Below the fence: redelivered. At or below the mark: sent again by a relay, dropped although its offset is new. Above
    the mark by more than one, on a topic whose numbers have no gaps: records were lost, and the partition stops at that
    record until an operator accepts the loss. `now` of every event is set: the wall clock, or the last tick before it,
    or its own time where that is later.
    Where a fence stands before what is `known` of it, the database went back under its members, and what lies between
    would be left out: nothing of that place is handled.
    """
    sifted = Sifted()
    sifted.reverted = {place for place, fence in locked.items() if fence.next_offset < known.get(place, 0)}
    newest: dict[Place, int] = {}
    for decoded in batch:
        record, event = decoded.record, decoded.event
        place = (record.topic, record.partition)
        fence = sifted.fences.get(place) or _open(sifted, place, locked)
        if fence.stopped or not _is_new(sifted, place, fence, decoded):
            continue
        if stream:
            _follow_clock(sifted, fence, decoded)
        else:
            newest[place] = max(newest.get(place, 0), record.timestamp)
        if event is not None:
            event.now = max(fence.watermark or event.time, event.time) if stream else wall
            sifted.fresh.append(decoded)
        elif decoded.refusal is not None:
            sifted.fresh.append(decoded)
        elif decoded.tick is None:
            sifted.passed_over[place[0], "skipped"] += 1
    _close(sifted, newest, wall)
    return sifted


def _close(sifted: Sifted, newest: Mapping[Place, int], wall: datetime) -> None:
    for place, record in sifted.last.items():
        fence = sifted.fences[place]
        fence.last_offset, fence.last_id = record.offset, fingerprint(record)
    for place, timestamp in newest.items():
        fence, written = sifted.fences[place], _written(timestamp, wall)
        fence.watermark = max(fence.watermark or written, written)


def _open(sifted: Sifted, place: Place, locked: Mapping[Place, Fence]) -> Fence:
    fence = sifted.fences[place] = locked[place].copy()
    if fence.stopped:
        sifted.stopped[place] = fence.stopped
    return fence


def _is_new(sifted: Sifted, place: Place, fence: Fence, decoded: Decoded) -> bool:
    """Move the fence over a record; False where it was handled already or may not be handled now."""
    offset, sequence = decoded.record.offset, decoded.sequence
    if place in sifted.reverted:
        return False
    if offset < fence.next_offset:
        if offset == fence.last_offset and fingerprint(decoded.record) != fence.last_id:
            _stop(sifted, place, fence, "recreated: another record stands where the last handled one was")
        sifted.passed_over[place[0], "redelivered"] += 1
        return False
    if place[0] in OWNERS and sequence:
        if sequence > fence.mark + 1 and fence.mark and place[0] not in COMPACTED:
            missing = f"{fence.mark + 1} to {sequence - 1}" if sequence > fence.mark + 2 else str(sequence - 1)
            _stop(sifted, place, fence, f"lost: sequence {missing} is missing before offset {offset}")
            return False
        if sequence <= fence.mark:
            fence.next_offset, sifted.last[place] = offset + 1, decoded.record
            sifted.passed_over[place[0], "resent"] += 1
            return False
        fence.mark = sequence
    fence.next_offset, sifted.last[place] = offset + 1, decoded.record
    return True


def fingerprint(record: Record) -> str:
    """A hash that tells whether another record stands at this offset. It is stored, so its form stays."""
    digest = blake2b(repr((record.key, tuple(record.headers), record.timestamp)).encode(), digest_size=8)
    digest.update(record.value or b"")
    return digest.hexdigest()


def _follow_clock(sifted: Sifted, fence: Fence, decoded: Decoded) -> None:
    # Ticks alone move the watermark on the stream's clock.
    if decoded.tick is not None:
        fence.watermark = max(fence.watermark or decoded.tick, decoded.tick)
        sifted.ticked = True


def _written(timestamp: int, wall: datetime) -> datetime:
    """When a record was written, never after `wall`; its sender may have set any number of milliseconds."""
    seconds = timestamp / 1000
    return wall if seconds >= wall.timestamp() else datetime.fromtimestamp(max(seconds, 0), UTC)


def _stop(sifted: Sifted, place: Place, fence: Fence, reason: str) -> None:
    fence.stopped = reason
    sifted.stopped[place] = reason
