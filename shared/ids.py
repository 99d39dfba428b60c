"""Identifiers: time-ordered for what is new, name-based for what must come out the same twice.

They are of the class of ids that come out of rows: a UUID that is made and written out in a fraction of the time.
"""

from datetime import UTC, datetime
from hashlib import blake2b
from uuid import UUID

import uuid_utils
from asyncpg.pgproto import pgproto

RAPPORT = UUID("6f1c2a0e-5f0c-5c39-9a44-2f8f1f0c7d11")
_NAMESPACE = uuid_utils.UUID(int=RAPPORT.int)
_LATEST = 2**48 - 1
"""The last millisecond that a UUIDv7 can tell."""
_FORM, _HASHED = 0x7 << 76 | 0x2 << 62, (1 << 80) - 1 & ~(0xF << 76 | 0x3 << 62)
"""The bits that say which form of UUID it is, and those that a hash may fill."""


def new_id() -> UUID:
    """A UUIDv7: unique, and close in an index to its neighbours in time."""
    return pgproto.UUID(uuid_utils.uuid7().bytes)


def dated_id(milliseconds: int, *parts: object) -> UUID:
    """The same time and parts give the same id, in UUIDv7's form: for random bits it has a hash of the parts."""
    named = repr([*map(str, parts)])  # unlike a plain join it tells ("a", "b c") from ("a b", "c")
    digest = blake2b(named.encode(), digest_size=10).digest()
    time = min(max(milliseconds, 0), _LATEST) << 80
    return pgproto.UUID((time | int.from_bytes(digest) & _HASHED | _FORM).to_bytes(16))


def time_of(id_: UUID) -> datetime:
    """When a `new_id` was made, or of which time a `dated_id` is; to the millisecond."""
    return datetime.fromtimestamp((id_.int >> 80) / 1000, UTC)


def hashed_part(id_: UUID) -> bytes:
    """An id without its time. It is equal for two `dated_id` of the same parts, whatever their times."""
    return id_.bytes[6:]


def derived_id(*parts: object) -> UUID:
    """The same parts give the same id, on every machine and in every repetition (uuid5)."""
    return pgproto.UUID(uuid_utils.uuid5(_NAMESPACE, "\x1f".join(map(str, parts))).bytes)
