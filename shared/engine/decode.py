"""From a record to an event, one by one: what cannot be read is a verdict, never an exception."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from pydantic import ValidationError

from shared.engine.event import Event, Record, Tombstone
from shared.engine.ledger import Refusal
from shared.engine.subscription import TopicHandler
from shared.events.clock import CLOCK_TICKED, ClockTicked
from shared.events.contract import contracts, find_contract
from shared.events.topics import COMPACTED, OUR_SOURCES, OWNERS
from shared.telemetry.tracing import is_sound

MAX_VALUE, MAX_HEADER, MAX_ID = 1_000_000, 1024, 200
MAX_AHEAD = timedelta(minutes=5)
_FIRST = datetime(1900, 1, 1, tzinfo=UTC)
_REQUIRED = ("ce_specversion", "ce_id", "ce_source", "ce_type")
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
_SOURCES = {source: source.encode() for source in OUR_SOURCES}
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

    What makes a record unreadable is checked first, then what parks it.
    """
    owner = OWNERS.get(record.topic)
    try:
        if owner is not None:
            headers = _required(record)
            if headers["ce_source"] != _SOURCES[owner]:
                raise _Unreadable("forged_source")
            decoded = Decoded(record, _text(headers["ce_id"]), owner, _sequence(headers))
        else:
            headers = _from_outside(record, wall)
            decoded = Decoded(record, _text(headers["ce_id"]), _text(headers["ce_source"]))
        _decode_value(decoded, headers, handler, stream=stream)
    except _Unreadable as error:
        return Decoded(record, "", refusal=Refusal(str(error)), unreadable=True)
    except UnicodeDecodeError:
        return Decoded(record, "", refusal=Refusal("unreadable_header"), unreadable=True)
    else:
        return decoded


def _required(record: Record) -> dict[str, bytes]:
    """The headers, still bytes; what a handler does not need is never decoded."""
    headers = dict(record.headers)
    if None in headers.values():
        raise _Unreadable("unreadable_header")
    for name in _REQUIRED:
        if name not in headers:
            raise _Unreadable(f"missing_{name}")
    return cast("dict[str, bytes]", headers)


def _from_outside(record: Record, wall: datetime) -> dict[str, bytes]:
    """The headers of an outside topic, every rule of the contract checked."""
    if record.value is None and record.topic in COMPACTED:
        return {"ce_id": b"%d/%d" % (record.partition, record.offset), "ce_source": b"", "ce_type": b""}
    for name, value in record.headers:
        if value is None or len(value) > MAX_HEADER or not value.isascii() or not _is_name(name):
            raise _Unreadable("unreadable_header")
    headers = _required(record)
    if headers["ce_specversion"] != b"1.0":
        raise _Unreadable("unknown_specversion")
    if not 0 < len(headers["ce_id"]) <= MAX_ID or not headers["ce_source"]:
        raise _Unreadable("unreadable_header")
    if headers["ce_source"] in _SOURCES.values():
        raise _Unreadable("forged_source")
    if "ce_partitionkey" in headers and headers["ce_partitionkey"] != record.key:
        raise _Unreadable("partitionkey_is_not_the_key")
    if record.value is None:
        raise _Unreadable("null_value")
    if _time(record, headers) > wall + MAX_AHEAD:
        raise _Unreadable("time_ahead_of_the_clock")
    return headers


def _is_name(name: str) -> bool:
    return name.isascii() and "\0" not in name


def _text(value: bytes) -> str:
    """A header that is stored or passed on; no database takes U+0000 into a text."""
    if b"\0" in value:
        raise _Unreadable("unreadable_header")
    return value.decode("ascii")


def _trace(value: bytes) -> str | None:
    """None for what is none, as W3C has it: no text of a sender travels on as a trace."""
    text = _text(value)
    return text if is_sound(text) else None


def _sequence(headers: dict[str, bytes]) -> int:
    digits = headers.get("ce_sequence", b"")
    if not digits.isdigit() or len(digits) > 18:
        raise _Unreadable("missing_ce_sequence")
    return int(digits)


def _time(record: Record, headers: dict[str, bytes]) -> datetime:
    """When it happened: `ce_time`, or the record's own timestamp."""
    text = headers.get("ce_time")
    try:
        time = datetime.fromisoformat(text.decode()) if text else datetime.fromtimestamp(record.timestamp / 1000, UTC)
        if time.tzinfo is not UTC:
            time = time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)
    except (ValueError, OverflowError, OSError):
        raise _Unreadable("unreadable_time") from None
    if time < _FIRST:
        raise _Unreadable("unreadable_time")
    return time


def _decode_value(decoded: Decoded, headers: dict[str, bytes], handler: TopicHandler, *, stream: bool) -> None:
    record = decoded.record
    value = record.value
    if value is None:
        if handler.takes_tombstones:
            decoded.event = _event(decoded, headers, "", Tombstone())
        return
    found = handler.parsers.get(headers["ce_type"])
    if found is None:
        _without_contract(decoded, headers["ce_type"].decode("ascii"), stream=stream)
        return
    if len(value) > MAX_VALUE:
        decoded.refusal = Refusal("too_large", f"{len(value)} bytes, at most {MAX_VALUE}")
        return
    type_, parse = found
    try:
        data = parse(value)
    except ValidationError as error:
        decoded.refusal = _schema_refusal(error)
        return
    if b"\\u0000" in value and _NUL.search(value):
        decoded.refusal = Refusal("schema", "a text contains U+0000, which cannot be stored")
        return
    decoded.event = _event(decoded, headers, type_, data)


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


def _event(decoded: Decoded, headers: dict[str, bytes], type_: str, data: object) -> Event[Any]:
    record = decoded.record
    correlation, trace = headers.get("ce_correlationid"), headers.get("traceparent")
    return Event(
        decoded.id,
        type_,
        decoded.source,
        _time(record, headers),
        _WHEN_UNSET,
        record.topic,
        record.partition,
        record.offset,
        None if record.key is None else record.key.decode("utf-8", "replace"),
        decoded.id if correlation is None else _text(correlation),
        None if trace is None else _trace(trace),
        data,
        record.timestamp,
    )
