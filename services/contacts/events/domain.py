"""From an event as a request carries it to a fact of crm.ingest, or to the fields for which it is refused.

It is read by the engine's own decoder, so that a fact means the same over HTTP and on the topic.
"""

import re
from collections.abc import Callable
from datetime import datetime
from hashlib import blake2b
from typing import Literal, NamedTuple

from pydantic import ValidationError
from pydantic_core import from_json

from services.contacts.events.schemas import TakenFact
from shared.engine.decode import BOM, MAX_HEADER, MAX_ID, Decoded, decode
from shared.engine.event import Emission, Event, Record
from shared.engine.outbox import fits_header
from shared.engine.subscription import TopicHandler
from shared.errors import BadRecord, field_of
from shared.events.contract import contract_of, find_contract
from shared.events.ingest import INGEST, Reported
from shared.http.cloudevents import Carried
from shared.http.problems import FieldError

_FIELDS = {
    "unknown_specversion": "specversion",
    "forged_source": "source",
    "unknown_type": "type",
    "unknown_major": "type",
    "time_ahead_of_the_clock": "time",
    "unreadable_data_base64": "data_base64",
}
"""The attribute that a refusal is about, where its reason does not name it; of any other it is the data."""
_ATTRIBUTE = re.compile(r"^(?:missing|unreadable)_ce_")


class Received(NamedTuple):
    """A fact that may be taken. `content` is equal where a sender repeats it."""

    place: int
    event: Event[Reported]
    content: bytes

    @property
    def name(self) -> tuple[str, str]:
        """What the fact is known by everywhere."""
        return self.event.source, self.event.id


def read_fact(
    place: int,
    carried: Carried,
    handler: TopicHandler,
    wall: datetime,
    check: Callable[[Event[Reported]], object],
) -> Received | TakenFact:
    """The fact, or its refusal. `handler` is that of crm.ingest; `check` raises BadRecord for what nobody could use."""
    record = _record(carried, wall)
    if carried.unreadable is not None:
        return _refused(place, carried, [_error(carried.unreadable)])
    decoded = decode(record, handler, wall, stream=False)
    event = decoded.event
    errors = _refusals(decoded, record) or _unfit(record)
    if event is None or errors:
        return _refused(place, carried, errors)
    try:
        check(event)
    except BadRecord as error:
        return _refused(place, carried, [_error(error.reason, error.field or "", error.detail)])
    return Received(place, event, _content(event, carried))


def answer(fact: Received, status: Literal[200, 202]) -> TakenFact:
    """What is said of a fact that was not refused."""
    return TakenFact(index=fact.place, status=status, source=fact.event.source, id=fact.event.id)


def pass_on(event: Event[Reported]) -> Emission:
    """The fact as it goes to crm.ingest: with its sender's source, id, key and flow."""
    key = event.key.decode() if event.key else None
    return Emission(
        event.data, event.time, id=event.id, source=event.source, key=key, correlation_id=event.correlation_id
    )


def _record(carried: Carried, wall: datetime) -> Record:
    key = carried.headers.get("ce_partitionkey") or None
    headers = [(name, value) for name, value in carried.headers.items() if name != "ce_partitionkey"]
    return Record(INGEST, 0, 0, key, carried.value, headers, int(wall.timestamp() * 1000))


def _refusals(decoded: Decoded, record: Record) -> list[FieldError]:
    if decoded.refusal is None:
        return []
    if decoded.refusal.reason != "schema":
        return [_error(decoded.refusal.reason, detail=decoded.refusal.detail)]
    return _broken_rules(record, decoded.refusal.detail)


def _broken_rules(record: Record, detail: str) -> list[FieldError]:
    """The fields of the data that break its schema; the decoder keeps a text of them."""
    contract = find_contract(INGEST, (dict(record.headers)["ce_type"] or b"").decode())
    assert contract is not None  # its schema was broken
    value = (record.value or b"").removeprefix(BOM)
    try:
        contract.parse(value)
    except ValidationError as error:
        found, data = error.errors(include_url=False, include_context=False, include_input=False), from_json(value)
        return [_error(each["type"], field_of(each, data), each["msg"]) for each in found]
    return [_error("schema", detail.partition(":")[0], detail)]


def _unfit(record: Record) -> list[FieldError]:
    """What the topic takes from anybody and we pass on for nobody: names that fit no header, keys that are no text."""
    headers = dict(record.headers)
    found = [
        _error(f"unreadable_ce_{name}")
        for name, most in (("id", MAX_ID), ("source", MAX_HEADER))
        if not fits_header((headers[f"ce_{name}"] or b"").decode("ascii"), most)
    ]
    if record.key is not None and not _is_key(record.key):
        found.append(_error("unreadable_ce_partitionkey"))
    return found


def _is_key(key: bytes) -> bool:
    try:
        return len(key) <= MAX_HEADER and "\0" not in key.decode()
    except UnicodeDecodeError:
        return False


def _content(event: Event[Reported], carried: Carried) -> bytes:
    """16 bytes of hash of what the sender says, but its time of arrival."""
    hashed = blake2b(contract_of(type(event.data)).adapter.dump_json(event.data), digest_size=16)
    hashed.update(repr((event.type, carried.headers.get("ce_time"), event.key)).encode())
    return hashed.digest()


def _refused(place: int, carried: Carried, errors: list[FieldError]) -> TakenFact:
    source, id_ = (_shown(carried.headers.get(name)) for name in ("ce_source", "ce_id"))
    return TakenFact(index=place, status=422, source=source, id=id_, errors=errors)


def _shown(value: bytes | None) -> str | None:
    """A sender's own word for the event, where it can be said again."""
    text = (value or b"").decode("ascii", "ignore")
    return text if fits_header(text, MAX_HEADER) else None


def _error(reason: str, field: str | None = None, detail: str = "") -> FieldError:
    """`field` is a path within the data; without it the reason tells which attribute it is, or that it is the data."""
    attribute = _FIELDS.get(reason) or _ATTRIBUTE.sub("", reason)
    if field is not None or attribute == reason:
        attribute = f"data.{field}" if field else "data"
    return FieldError(field=attribute, reason=reason, detail=detail or reason.replace("_", " "))
