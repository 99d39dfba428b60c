"""From a record to an event, one by one: what cannot be read is a verdict, never an exception."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from pydantic import ValidationError
from pydantic_core import from_json, to_json

from shared.clock import parse_rfc3339
from shared.engine.event import Event, Record, Tombstone
from shared.engine.ledger import Refusal
from shared.engine.structured import Unreadable, is_cloudevents, unwrap
from shared.engine.subscription import TopicHandler
from shared.errors import field_of
from shared.events.clock import CLOCK_TICKED, ClockTicked
from shared.events.contract import contracts, find_contract
from shared.events.topics import COMPACTED, OUR_SOURCES, OWNERS
from shared.telemetry.tracing import is_sound

MAX_VALUE, MAX_HEADER, MAX_ID, MAX_SEQUENCE = 1_000_000, 1024, 200, 2**63 - 1
MAX_AHEAD = timedelta(minutes=5)
NO_TIMESTAMP = -1
_FIRST = datetime(1900, 1, 1, tzinfo=UTC)
_REQUIRED = ("ce_specversion", "ce_id", "ce_source", "ce_type")
_JSON, BOM = b"application/json", b"\xef\xbb\xbf"
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
_SOURCES = {source: source.encode() for source in OUR_SOURCES}
_WHEN_UNSET = datetime.fromtimestamp(0, UTC)

Headers = Mapping[str, bytes | None]


@dataclass(slots=True)
class Decoded:
    """A record and what became of it.

    At most one is set: `event` (for a handler), `tick` (of the clock), or `refusal` (parked, or with `unreadable`
    quarantined). None is where no handler of the group takes the type.
    """

    record: Record
    id: str
    source: str = ""
    sequence: int = 0
    event: Event[Any] | None = None
    tick: datetime | None = None
    refusal: Refusal | None = None
    unreadable: bool = False


def decode(record: Record, handler: TopicHandler, wall: datetime, *, stream: bool) -> Decoded:
    """Decode one record for a handler. `wall` is the wall clock; `stream` says that ticks count.

    What makes a record unreadable is checked first, then what parks it.
    """
    owner, sequence = OWNERS.get(record.topic), 0
    try:
        headers, value = _open(record)
        if owner is not None:
            # First of all, since a record of ours that cannot be read is there all the same: its number is not missing.
            source = headers.get("ce_source")
            if source == _SOURCES[owner]:
                sequence = _sequence(headers)
            _require(headers)
            if source != _SOURCES[owner]:
                raise Unreadable("forged_source")
            decoded = Decoded(record, _text(headers, "ce_id", MAX_ID), owner, sequence)
        elif record.value is None and record.topic in COMPACTED:
            headers = {}
            decoded = Decoded(record, f"{record.partition}/{record.offset}")
        else:
            decoded = _from_outside(record, headers, value, wall)
        _decode_value(decoded, headers, value, handler, stream=stream)
    except Unreadable as error:
        return Decoded(record, "", sequence=sequence, refusal=Refusal(str(error)), unreadable=True)
    else:
        return decoded


def _open(record: Record) -> tuple[Headers, bytes | None]:
    # Binary mode is not decoded: most headers are of no use to a handler.
    headers, value = dict(record.headers), record.value
    if value is None:
        return headers, None
    if value[:3] == BOM:
        value = value[3:]
    content = headers.get("content-type")
    if content is not None and content != _JSON and is_cloudevents(content):
        attributes, value = unwrap(content, value)
        return {**attributes, "traceparent": headers.get("traceparent")}, value
    return headers, value


def _require(headers: Headers) -> None:
    for name in _REQUIRED:
        if headers.get(name) is None:
            raise Unreadable(f"unreadable_{name}" if name in headers else f"missing_{name}")


def _from_outside(record: Record, headers: Headers, value: bytes | None, wall: datetime) -> Decoded:
    _require(headers)
    if headers["ce_specversion"] != b"1.0":
        raise Unreadable("unknown_specversion")
    id_, source = _text(headers, "ce_id", MAX_ID), _text(headers, "ce_source", MAX_HEADER)
    if source in OUR_SOURCES:
        raise Unreadable("forged_source")
    named = headers.get("ce_partitionkey")
    if named is not None and named != (record.key or b""):
        raise Unreadable("partitionkey_is_not_the_key")
    if value is None:
        raise Unreadable("null_value")
    if _time(record, headers) > wall + MAX_AHEAD:
        raise Unreadable("time_ahead_of_the_clock")
    # Both words may stand in a text; beyond texts RFC 8259 knows neither, and the parser takes them for numbers.
    if b"NaN" in value or b"Infinity" in value:
        _refuse_no_numbers(value)
    return Decoded(record, id_, source)


def _text(headers: Headers, name: str, longest: int) -> str:
    """A required header. It may hold no U+0000, which no database takes into a text."""
    value = headers[name] or b""
    if not 0 < len(value) <= longest or not value.isascii() or b"\0" in value:
        raise Unreadable(f"unreadable_{name}")
    return value.decode("ascii")


def _if_text(value: bytes | None) -> str | None:
    """An optional header; one that cannot be read counts as left out."""
    if not value or len(value) > MAX_HEADER or not value.isascii() or b"\0" in value:
        return None
    return value.decode("ascii")


def _trace(headers: Headers) -> str | None:
    """The W3C trace context, or None: no other text of a sender travels on under this name."""
    for name in ("traceparent", "ce_traceparent"):
        value = headers.get(name)
        if value is not None and is_sound(text := _if_text(value)):
            return text
    return None


def _sequence(headers: Headers) -> int:
    digits = headers.get("ce_sequence")
    if digits is None:
        raise Unreadable("unreadable_ce_sequence" if "ce_sequence" in headers else "missing_ce_sequence")
    if not digits.isdigit() or len(digits) > 20 or (sequence := int(digits)) > MAX_SEQUENCE:
        raise Unreadable("unreadable_ce_sequence")
    return sequence


def _time(record: Record, headers: Headers) -> datetime:
    text = headers.get("ce_time")
    if not text:
        return _written(record.timestamp)
    try:
        time = parse_rfc3339(text.decode("ascii"))
    except ValueError:
        raise Unreadable("unreadable_ce_time") from None
    if time < _FIRST:
        raise Unreadable("unreadable_ce_time")
    return time


def _written(timestamp: int) -> datetime:
    if timestamp == NO_TIMESTAMP:
        raise Unreadable("missing_ce_time")
    try:
        time = datetime.fromtimestamp(timestamp / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        raise Unreadable("unreadable_timestamp") from None
    if time < _FIRST:
        raise Unreadable("unreadable_timestamp")
    return time


def _decode_value(
    decoded: Decoded, headers: Headers, value: bytes | None, handler: TopicHandler, *, stream: bool
) -> None:
    if value is None:
        if decoded.record.value is not None:
            raise Unreadable("null_value")
        if handler.takes_tombstones:
            decoded.event = _event(decoded, headers, "", Tombstone())
        return
    type_name = cast("bytes", headers["ce_type"])
    found = handler.parsers.get(type_name)
    if found is None:
        _without_contract(decoded, _text(headers, "ce_type", MAX_HEADER), value, stream=stream)
        return
    if len(value) > MAX_VALUE:
        decoded.refusal = Refusal("too_large", f"{len(value)} bytes, at most {MAX_VALUE}")
        return
    type_, parse = found
    try:
        data = parse(value)
    except ValidationError as error:
        decoded.refusal = _schema_refusal(error, value)
        return
    if b"\\u0000" in value and (field := _field_with_nul(handler, type_, data)) is not None:
        decoded.refusal = Refusal("schema", f"{field}: contains U+0000, which cannot be stored")
        return
    decoded.event = _event(decoded, headers, type_, data)


def _refuse_no_numbers(value: bytes) -> None:
    try:
        from_json(value, allow_inf_nan=False)
    except ValueError:
        raise Unreadable("bad_json") from None


def _field_with_nul(handler: TopicHandler, type_: str, data: object) -> str | None:
    """The first field of the contract that holds U+0000; fields beyond the contract are never stored."""
    adapter = handler.contracts[type_].adapter
    if not _NUL.search(adapter.dump_json(data)):
        return None
    fields: dict[str, object] = adapter.dump_python(data, mode="json")
    return next((name for name, part in fields.items() if _NUL.search(to_json(part))), "value")


def _without_contract(decoded: Decoded, type_: str, value: bytes, *, stream: bool) -> None:
    """Decide about a type that the handler does not take: the clock's, another group's, a later major, or unknown."""
    topic = decoded.record.topic
    if type_ == CLOCK_TICKED and stream:
        decoded.tick = _tick(topic, value)
        return
    if find_contract(topic, type_) and type_ != CLOCK_TICKED:
        return
    family, _, major = type_.rpartition(".v")
    if major.isdecimal() and type_ != CLOCK_TICKED and family in _families(topic):
        decoded.refusal = Refusal("unknown_major", type_[:200])
    elif topic not in OWNERS:
        raise Unreadable("unknown_type")


def _families(topic: str) -> set[str]:
    return {entry.type.rpartition(".v")[0] for entry in contracts() if entry.topic == topic}


def _tick(topic: str, value: bytes) -> datetime:
    entry = find_contract(topic, CLOCK_TICKED)
    try:
        ticked = entry.adapter.validate_json(value) if entry else None
    except ValidationError:
        raise Unreadable("unreadable_tick") from None
    if not isinstance(ticked, ClockTicked):
        raise Unreadable("unreadable_tick")
    return ticked.now.astimezone(UTC)


def _schema_refusal(error: ValidationError, value: bytes) -> Refusal:
    """Names the first fields that break the schema, never their values: they may be personal."""
    problems = error.errors(include_url=False, include_context=False, include_input=False)
    if problems[0]["type"] == "json_invalid":
        raise Unreadable("bad_json") from None
    data = from_json(value)
    fields = dict.fromkeys(f"{field_of(each, data)[:200] or 'value'}: {each['type']}" for each in problems[:20])
    return Refusal("schema", "; ".join([*fields][:5]))


def _event(decoded: Decoded, headers: Headers, type_: str, data: object) -> Event[Any]:
    record = decoded.record
    return Event(
        decoded.id,
        type_,
        decoded.source,
        _time(record, headers),
        _WHEN_UNSET,
        record.topic,
        record.partition,
        record.offset,
        record.key,
        _if_text(headers.get("ce_correlationid")) or decoded.id,
        _trace(headers),
        data,
        record.timestamp,
    )
