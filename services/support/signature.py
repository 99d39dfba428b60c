"""Signatures of a provider's webhook, as Standard Webhooks has them: HMAC-SHA256 of id, time and body."""

import base64
import binascii
import hmac
from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256

TOLERANCE = timedelta(minutes=5)
_PREFIX = "whsec_"


def key_of(secret: str) -> bytes:
    """Raises ValueError where it is no secret of this kind."""
    try:
        key = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except binascii.Error:
        raise ValueError("a webhook's secret is base64, with or without whsec_ before it") from None
    if len(key) < 24:
        raise ValueError("a webhook's secret has at least 24 bytes")
    return key


def sign(key: bytes, message_id: str, timestamp: str, body: bytes) -> str:
    digest = hmac.new(key, f"{message_id}.{timestamp}.".encode() + body, sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}"


def is_signed(
    keys: Sequence[bytes], message_id: str, timestamp: str, signatures: str, body: bytes, now: datetime
) -> bool:
    """By any of the keys, so that one can be changed for another, and lately: an old delivery is not taken again."""
    if not timestamp.isascii() or not timestamp.isdigit() or len(timestamp) > 12:
        return False
    if abs(now.timestamp() - int(timestamp)) > TOLERANCE.total_seconds():
        return False
    given = [each.encode() for each in signatures.split()[:10]]
    expected = [sign(key, message_id, timestamp, body).encode() for key in keys]
    return any(hmac.compare_digest(one, other) for one in expected for other in given)
