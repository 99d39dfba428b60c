"""CloudEvents' HTTP binding: a request as the events that it carries, each as it is in Kafka's binary mode."""

import re
from collections.abc import Iterable
from typing import Any, NamedTuple
from urllib.parse import unquote_to_bytes

from starlette.exceptions import HTTPException

from shared.engine.structured import BATCHED, Unreadable, is_cloudevents, media_type, read_json, unwrap, unwrap_envelope
from shared.http.wellformed import Unfit

MOST_EVENTS = 1_000
_JSON = re.compile(rb"application/(?:json|[^/]+\+json)")
_QUOTED = re.compile(rb'"(.*)"', re.DOTALL)


class Carried(NamedTuple):
    """One event: headers `ce_…` and data, or the reason why it cannot be read."""

    headers: dict[str, bytes | None]
    value: bytes | None
    unreadable: str | None = None


class Delivery(NamedTuple):
    """The events of one request; `batched` where it had the form of a batch."""

    events: list[Carried]
    batched: bool


def read_delivery(headers: Iterable[tuple[bytes, bytes]], body: bytes) -> Delivery:
    """The events of a request. One that cannot be read is marked so; raises HTTPException for what is no delivery."""
    headers = list(headers)
    content_type = dict(headers).get(b"content-type", b"")
    if media_type(content_type) == BATCHED + b"+json":
        return Delivery(_read_batch(body), batched=True)
    if is_cloudevents(content_type):
        try:
            return Delivery([Carried(*unwrap(content_type, body))], batched=False)
        except Unreadable as error:
            if str(error) in {"unknown_event_format", "batched_mode"}:
                raise HTTPException(415, "events come in the JSON event format") from None
            return Delivery([Carried({}, None, str(error))], batched=False)
    if content_type and not _JSON.fullmatch(media_type(content_type)):
        raise HTTPException(415, "the data of an event is application/json")
    return Delivery([Carried(_attributes(headers), body)], batched=False)


def _read_batch(body: bytes) -> list[Carried]:
    try:
        envelopes = read_json(body)
    except Unreadable:
        envelopes = None
    if not isinstance(envelopes, list):
        raise Unfit("body", "bad_json", "a batch is a JSON array of events")
    if len(envelopes) > MOST_EVENTS:
        raise HTTPException(413, f"a batch has at most {MOST_EVENTS} events")
    return [_unwrapped(envelope) for envelope in envelopes]


def _unwrapped(envelope: object) -> Carried:
    try:
        return Carried(*unwrap_envelope(envelope))
    except Unreadable as error:
        return Carried({}, None, str(error))


def _attributes(headers: Iterable[tuple[bytes, bytes]]) -> dict[str, bytes | None]:
    """`ce-` headers, with quotes and percent-encoding taken off (section 3.1.3.2 of the binding)."""
    return {
        "ce_" + name[3:].decode("latin-1"): unquote_to_bytes(_unquoted(value))
        for name, value in headers
        if name.startswith(b"ce-")
    }


def _unquoted(value: bytes) -> bytes:
    quoted = _QUOTED.fullmatch(value)
    return re.sub(rb"\\(.)", rb"\1", quoted[1]) if quoted else value


_ATTRIBUTES: dict[str, dict[str, Any]] = {
    "specversion": {"const": "1.0"},
    "id": {"type": "string", "minLength": 1, "maxLength": 200},
    "source": {"type": "string", "minLength": 1, "maxLength": 1_024},
    "type": {"type": "string"},
    "time": {"type": "string", "format": "date-time"},
    "partitionkey": {"type": "string", "maxLength": 1_024},
}
_LENGTHS = ("minLength", "maxLength")
_DATA = {"$ref": "#/components/schemas/EventData"}
_EVENT = {"$ref": "#/components/schemas/CloudEvent"}
REQUEST: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/cloudevents+json": {"schema": _EVENT},
            "application/cloudevents-batch+json": {
                "schema": {"type": "array", "items": _EVENT, "maxItems": MOST_EVENTS}
            },
            "application/json": {"schema": _DATA},
        },
    },
    # A header is text: generators of clients make nothing of an operation whose headers are said to be more.
    "parameters": [
        {
            "in": "header",
            "name": f"ce-{name}",
            "required": False,
            "schema": {"type": "string", **{key: schema[key] for key in _LENGTHS if key in schema}},
            "description": "Of an event in binary mode.",
        }
        for name, schema in _ATTRIBUTES.items()
    ],
    "components": {
        "schemas": {
            "CloudEvent": {
                "type": "object",
                "required": ["specversion", "id", "source", "type"],
                "properties": {**_ATTRIBUTES, "data": _DATA, "data_base64": {"type": "string"}},
            },
            "EventData": {"type": "object", "description": "The fact, as on crm.ingest."},
        }
    },
}
"""What a route that takes events says of its requests in OpenAPI; its `components` go into the whole document's."""
