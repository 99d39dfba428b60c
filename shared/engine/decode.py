"""From a record to an event, one by one: what cannot be read is a verdict, never an exception."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import ValidationError

from shared.engine.event import Event, Record, Tombstone
from shared.engine.ledger import Refusal
from shared.engine.subscription import TopicHandler
from shared.events.clock import CLOCK_TICKED, ClockTicked
from shared.events.contract import contracts, find_contract
from shared.events.topics import COMPACTED, OUR_SOURCES, OWNERS

MAX_VALUE, MAX_HEADER = 1_000_000, 1024
MAX_AHEAD = timedelta(minutes=5)
_FIRST = datetime(1900, 1, 1, tzinfo=UTC)
_REQUIRED = ("ce_specversion", "ce_id", "ce_source", "ce_type")
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
_WHEN_UNSET = datetime.fromtimestamp(0, UTC)


@dataclass(slots=True)
class Decoded:
    """A record and what became of it.

    Exactly one holds: `event` is set (a handler's), `tick` is set (the clock's), `refusal` is set (parked, or with
    `unreadable` quarantined), or none is (nobody here asked for this type).
    """

    record: Record
    id: str
    source: str = ""
    sequence: int = 0
    event: Event[Any] | None = None
    tick: datetime | None = None
    refusal: Refusal | None = None
    unreadable: bool = False


class _Unreadable(Exception):
    """Leaves the decoder with the reason of a quarantine."""


def decode(record: Record, handler: TopicHandler, wall: datetime, *, stream: bool) -> Decoded:
    """Decode one record for a handler. `wall` is the wall clock; `stream` says that ticks count.

    Order of the checks: what makes a record unreadable first (`contract.md`, What a bad record gets), then what parks it.
    """
    owner = OWNERS.get(record.topic)
    try:
        headers = _ours(record) if owner else _from_outside(record, wall)
        if owner and headers["ce_source"] != owner:
            raise _Unreadable("forged_source")
        decoded = Decoded(record, headers["ce_id"], headers["ce_source"])
        if owner:
            decoded.sequence = _sequence(headers)
        _decode_value(decoded, headers, handler, stream=stream)
    except _Unreadable as error:
        return Decoded(record, "", refusal=Refusal(str(error)), unreadable=True)
    else:
        return decoded


def _ours(record: Record) -> dict[str, str]:
    """The headers of a topic of ours: written by a relay, so only what can go wrong through a stranger is checked."""
    try:
        headers = {name: value.decode("ascii") for name, value in record.headers}
    except (UnicodeDecodeError, AttributeError):
        raise _Unreadable("unreadable_header") from None
    for name in _REQUIRED:
        if name not in headers:
            raise _Unreadable(f"missing_{name}")
    return headers


def _from_outside(record: Record, wall: datetime) -> dict[str, str]:
    """The headers of an outside topic, every rule of the contract checked."""
    if record.value is None and record.topic in COMPACTED:
        return {"ce_id": f"{record.partition}/{record.offset}", "ce_source": "", "ce_type": ""}
    for name, value in record.headers:
        if len(value or b"") > MAX_HEADER or not name.isascii():
            raise _Unreadable("unreadable_header")
    headers = _ours(record)
    if headers["ce_specversion"] != "1.0":
        raise _Unreadable("unknown_specversion")
    if not 0 < len(headers["ce_id"]) <= 200 or not headers["ce_source"]:  # noqa: PLR2004  the contract's own number
        raise _Unreadable("unreadable_header")
    if headers["ce_source"] in OUR_SOURCES:
        raise _Unreadable("forged_source")
    key = None if record.key is None else record.key.decode("utf-8", "replace")
    if headers.get("ce_partitionkey", key) != key:
        raise _Unreadable("partitionkey_is_not_the_key")
    if record.value is None:
        raise _Unreadable("null_value")
    if _time(record, headers) > wall + MAX_AHEAD:
        raise _Unreadable("time_ahead_of_the_clock")
    return headers


def _sequence(headers: dict[str, str]) -> int:
    text = headers.get("ce_sequence", "")
    if not text.isdecimal() or len(text) > 18:  # noqa: PLR2004  what a bigint holds
        raise _Unreadable("missing_ce_sequence")
    return int(text)


def _time(record: Record, headers: dict[str, str]) -> datetime:
    """When it happened: `ce_time`, or the record's own timestamp."""
    text = headers.get("ce_time")
    try:
        time = datetime.fromisoformat(text) if text else datetime.fromtimestamp(record.timestamp / 1000, UTC)
        time = time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)
    except (ValueError, OverflowError, OSError):
        raise _Unreadable("unreadable_time") from None
    if time < _FIRST:
        raise _Unreadable("unreadable_time")
    return time


def _decode_value(decoded: Decoded, headers: dict[str, str], handler: TopicHandler, *, stream: bool) -> None:
    record, type_ = decoded.record, headers["ce_type"]
    if record.value is None:
        if handler.takes_tombstones:
            decoded.event = _event(decoded, headers, Tombstone())
        return
    contract = handler.contracts.get(type_)
    if contract is None:
        _without_contract(decoded, type_, stream=stream)
        return
    if len(record.value) > MAX_VALUE:
        decoded.refusal = Refusal("too_large", f"{len(record.value)} bytes, at most {MAX_VALUE}")
        return
    try:
        data = contract.adapter.validate_json(record.value)
    except ValidationError as error:
        decoded.refusal = _schema_refusal(error)
        return
    if b"\\u0000" in record.value and _NUL.search(record.value):
        decoded.refusal = Refusal("schema", "a text contains U+0000, which cannot be stored")
        return
    decoded.event = _event(decoded, headers, data)


def _without_contract(decoded: Decoded, type_: str, *, stream: bool) -> None:
    """A type that the handler does not name: the clock's, another reader's, a later major, or nobody's."""
    topic = decoded.record.topic
    if type_ == CLOCK_TICKED and stream:
        decoded.tick = _tick(decoded.record)
        return
    if find_contract(topic, type_) and type_ != CLOCK_TICKED:
        return
    family, _, major = type_.rpartition(".v")
    if major.isdecimal() and type_ != CLOCK_TICKED and family in _families(topic):
        decoded.refusal = Refusal("unknown_major", type_[:200])
    elif topic not in OWNERS:
        raise _Unreadable("unknown_type")


def _families(topic: str) -> set[str]:
    return {entry.type.rpartition(".v")[0] for entry in contracts() if entry.topic == topic}


def _tick(record: Record) -> datetime:
    entry = find_contract(record.topic, CLOCK_TICKED)
    try:
        ticked = entry.adapter.validate_json(record.value or b"") if entry else None
    except ValidationError:
        raise _Unreadable("unreadable_tick") from None
    if not isinstance(ticked, ClockTicked):
        raise _Unreadable("unreadable_tick")
    return ticked.now.astimezone(UTC)


def _schema_refusal(error: ValidationError) -> Refusal:
    """Name the first fields that break the schema, never their values: they may be personal."""
    problems = error.errors(include_url=False, include_context=False, include_input=False)
    if problems[0]["type"] == "json_invalid":
        raise _Unreadable("bad_json") from None
    fields = "; ".join(f"{'.'.join(map(str, p['loc']))[:200] or 'value'}: {p['type']}" for p in problems[:5])
    return Refusal("schema", fields)


def _event(decoded: Decoded, headers: dict[str, str], data: object) -> Event[Any]:
    record = decoded.record
    return Event(
        decoded.id,
        headers["ce_type"],
        decoded.source,
        _time(record, headers),
        _WHEN_UNSET,
        record.topic,
        record.partition,
        record.offset,
        None if record.key is None else record.key.decode("utf-8", "replace"),
        headers.get("ce_correlationid") or decoded.id,
        headers.get("traceparent"),
        data,
    )
