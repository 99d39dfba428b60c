"""CloudEvents' structured mode: the whole event as one JSON document, which is read as if it had come in headers."""

import base64
import binascii
from collections.abc import Mapping

from pydantic_core import from_json, to_json

from shared.errors import CrmError

MEDIA_TYPE = b"application/cloudevents"
BATCHED = b"application/cloudevents-batch"
_STRUCTURED = MEDIA_TYPE + b"+json"
_DATA = frozenset({"data", "data_base64"})


class Unreadable(CrmError):
    """What a sender wrote cannot be read; the text is the reason of a quarantine."""


def is_cloudevents(content_type: bytes) -> bool:
    """Whether a `content-type` names the event itself, not its data."""
    return content_type.lstrip().lower().startswith(MEDIA_TYPE)


def unwrap(content_type: bytes, value: bytes) -> tuple[dict[str, bytes | None], bytes | None]:
    """The headers and the data that the same event has in binary mode; no data is None. Raises Unreadable.

    An attribute that is no text, number or truth value is a header without value.
    """
    media = media_type(content_type)
    if media.startswith(BATCHED):
        raise Unreadable("batched_mode")
    if media != _STRUCTURED:
        raise Unreadable("unknown_event_format")
    return unwrap_envelope(read_json(value))


def media_type(content_type: bytes) -> bytes:
    return content_type.partition(b";")[0].strip().lower()


def read_json(value: bytes) -> object:
    """What a document of the JSON event format holds. Raises Unreadable."""
    try:
        return from_json(value, allow_inf_nan=False)
    except ValueError:
        raise Unreadable("bad_json") from None


def unwrap_envelope(envelope: object) -> tuple[dict[str, bytes | None], bytes | None]:
    """`unwrap` of an event that was a part of a larger document."""
    if not isinstance(envelope, dict):
        raise Unreadable("bad_json")
    headers = {
        f"ce_{name}": _header(attribute)
        for name, attribute in envelope.items()
        if attribute is not None and name not in _DATA
    }
    return headers, _data(envelope)


def _header(attribute: object) -> bytes | None:
    if isinstance(attribute, str):
        return attribute.encode()
    if isinstance(attribute, bool | int):
        return str(attribute).lower().encode()
    return None


def _data(envelope: Mapping[str, object]) -> bytes | None:
    data, encoded = envelope.get("data"), envelope.get("data_base64")
    if encoded is None:
        return None if data is None else to_json(data, inf_nan_mode="constants")
    if data is not None or not isinstance(encoded, str):
        raise Unreadable("unreadable_data_base64")
    try:
        return base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        raise Unreadable("unreadable_data_base64") from None
