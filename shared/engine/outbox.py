"""From an emission to a row of the outbox, and from a row to the record that leaves."""

from collections import Counter
from collections.abc import Callable, Container, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from operator import attrgetter
from typing import Any
from uuid import UUID

from shared.clock import rfc3339
from shared.engine.decode import MAX_HEADER, MAX_ID, MAX_VALUE
from shared.engine.event import Emission, Event, caused_id
from shared.engine.ledger import Outgoing
from shared.engine.partitions import partition_of
from shared.errors import BadRecord
from shared.events.clock import CLOCK_TICKED, ClockTicked
from shared.events.contract import Contract, contract_of, find_contract
from shared.events.figures import is_finite
from shared.events.topics import OUR_SOURCES, OWNERS
from shared.ids import hashed_part, new_id
from shared.telemetry.tracing import current_traceparent

COLUMNS = (
    "topic",
    "partition",
    "key",
    "type",
    "event_id",
    "subject",
    "time",
    "correlation_id",
    "causation_id",
    "traceparent",
    "payload",
    "source",
)
_EVENT_ID = COLUMNS.index("event_id")
_OF_PARTY = "party/{party_id}"
Ordinals = Counter[tuple[str, ...]]
Row = tuple[str, int, str | None, str, str, str | None, str, str, str | None, str | None, bytes | None, str | None]


@dataclass(frozen=True, slots=True)
class Removal:
    """The data of an emission that writes a null value under `key` of a compacted topic."""

    topic: str
    type: str
    key: str


@dataclass(frozen=True, slots=True)
class Tick:
    """The data of an emission that passes the stream's clock on to one partition of a topic."""

    topic: str
    now: datetime


def encode(emissions: Iterable[Emission], ordinals: Ordinals | None = None) -> list[Row]:
    """Rows of the outbox, in the same order. Raises KeyError for data that nobody promised, pydantic's for bad data.

    What is larger than the contract allows, or holds no finite number, raises BadRecord: what leads to it is refused
    before anything is accepted.

    `ordinals` counts, over a transaction, what each cause led to: its ids are told apart by it.
    """
    ordinals = Counter() if ordinals is None else ordinals
    return [_encode(emission, ordinals) for emission in emissions]


def _encode(emission: Emission, ordinals: Ordinals) -> Row:
    data, cause = emission.data, emission.cause
    key: str | None
    if isinstance(data, Removal):
        topic, type_, key, subject, payload = data.topic, data.type, data.key, None, None
    elif isinstance(data, Tick):
        topic, type_, key, subject = data.topic, CLOCK_TICKED, f"clock/{emission.partition}", None
        payload = contract_of(ClockTicked).adapter.dump_json(ClockTicked(now=data.now))
    else:
        contract, write, subject_in, figures = _form_of(type(data))  # type: ignore[arg-type]  # mypy takes a class for unhashable
        _require_source(emission, contract)
        topic, type_, payload = contract.topic, contract.type, emission.body or write(data)
        # One that is not finite is written as null, which no reader takes.
        if figures and b"null" in payload and not all(is_finite(getattr(data, name)) for name in figures):
            raise BadRecord("not_finite", f"it leads to a {type_} with a figure that is no finite number")
        key = str(getattr(data, contract.key)) if contract.key else emission.key
        # The key is the subject's text already: writing a UUID out is slow.
        subject = f"party/{key}" if contract.subject == _OF_PARTY and contract.key == "party_id" else subject_in(data)
    if payload is not None and len(payload) > MAX_VALUE:
        raise BadRecord("too_large", f"it leads to a {type_} of {len(payload)} bytes, at most {MAX_VALUE}")
    event_id = str(emission.id or _id_of(cause, (topic, type_, subject or key or ""), ordinals))
    return (
        topic,
        partition_of(key or event_id) if emission.partition is None else emission.partition,
        key,
        type_,
        event_id,
        subject,
        rfc3339(emission.time),
        cause.correlation_id if cause else emission.correlation_id or event_id,
        cause.id if cause else None,
        cause.traceparent if cause else current_traceparent(),
        payload,
        emission.source,
    )


@cache
def _form_of(model: Any) -> tuple[Contract, Callable[..., bytes], Callable[[object], str | None], tuple[str, ...]]:
    """The last: those of its fields that may hold a number that is no integer."""
    contract = contract_of(model)
    return contract, contract.write, subject_of(contract.subject), contract.figures()


def hashed_parts(rows: Iterable[Row]) -> list[bytes]:
    """Of each row's id, what the same cause would lead to again whenever it came."""
    return [_hashed(row) for row in rows]


def without(rows: Iterable[Row], published: Container[bytes]) -> list[Row]:
    return [row for row in rows if _hashed(row) not in published]


def _hashed(row: Row) -> bytes:
    """Empty for an outside topic, whose readers know a fact by source and id."""
    return hashed_part(UUID(str(row[_EVENT_ID]))) if row[0] in OWNERS else b""


def _id_of(cause: Event[object] | None, name: tuple[str, str, str], ordinals: Ordinals) -> UUID:
    if cause is None or cause.timestamp is None:
        return new_id()
    named = (cause.source, cause.id, *name)
    ordinals[named] += 1
    return caused_id(cause, *name, ordinals[named])


def _require_source(emission: Emission, contract: Contract) -> None:
    """What is ours goes under the service's own name; to an outside topic goes only what names another source."""
    if contract.key is None and emission.source is None:
        raise ValueError(f"{contract.type} on {contract.topic} is not ours to publish")
    if contract.key is not None and (emission.source is not None or emission.key is not None):
        raise ValueError(f"{contract.type} on {contract.topic} is published under the service's own name and key")
    if contract.key is None and (emission.source in OUR_SOURCES or not fits_header(emission.source or "", MAX_HEADER)):
        raise ValueError("a source is ASCII, at most 1,024 characters, and not the name of a service of ours")
    if isinstance(emission.id, str) and not fits_header(emission.id, MAX_ID):
        raise ValueError("an id is 1 to 200 printable ASCII characters")


def fits_header(text: str, most: int) -> bool:
    return 0 < len(text) <= most and text.isascii() and text.isprintable()


@cache
def subject_of(template: str | None) -> Callable[[object], str | None]:
    """`sale/{sale_id}` over the data's fields; what came from outside is cut to what a header may hold."""
    if template is None:
        return lambda _: None
    kind, _, field = template.partition("/")
    read = attrgetter(field[1:-1])

    def subject(data: object) -> str:
        value = str(read(data))
        return f"{kind}/{value if value.isascii() else value.encode('ascii', 'backslashreplace').decode()}"[:1024]

    return subject


@cache
def _dataschema(topic: str, type_: str) -> bytes:
    contract = find_contract(topic, type_)
    return (contract.dataschema() if contract else f"urn:rapport:{topic}:{type_}").encode()


def key_of(row: Outgoing) -> bytes | None:
    return None if row.key is None else row.key.encode()


def headers_of(row: Outgoing, source: bytes, sequence: int) -> list[tuple[str, bytes]]:
    """The record's headers: CloudEvents, Kafka binary mode. What has a source of its own has no number (0)."""
    headers = [
        ("content-type", b"application/json"),
        ("ce_specversion", b"1.0"),
        ("ce_id", row.event_id.encode()),
        ("ce_source", row.source.encode() if row.source else source),
        ("ce_type", row.type.encode()),
        ("ce_time", row.time.encode()),
        ("ce_dataschema", _dataschema(row.topic, row.type)),
        ("ce_correlationid", row.correlation_id.encode()),
    ]
    if sequence:
        headers.append(("ce_sequence", b"%020d" % sequence))
    # Headers are ASCII; a product's number need not be, and the record's own key says it.
    if (key := key_of(row)) is not None and key.isascii():
        headers.append(("ce_partitionkey", key))
    if row.subject is not None:
        headers.append(("ce_subject", row.subject.encode()))
    if row.causation_id is not None:
        headers.append(("ce_causationid", row.causation_id.encode()))
    if row.traceparent is not None:
        headers.append(("traceparent", row.traceparent.encode()))
    return headers
