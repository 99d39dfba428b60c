"""Identifiers: time-ordered for what is new, name-based for what must come out the same twice."""

from hashlib import blake2b
from uuid import UUID

import uuid_utils.compat

RAPPORT = UUID("6f1c2a0e-5f0c-5c39-9a44-2f8f1f0c7d11")
_LATEST, _FIXED = 2**48 - 1, 0xF << 76 | 0x3 << 62
"""The last millisecond that a UUIDv7 can tell, and the bits that say which form of UUID it is."""


def new_id() -> UUID:
    """A UUIDv7: unique, and close in an index to its neighbours in time."""
    return uuid_utils.compat.uuid7()


def dated_id(milliseconds: int, *parts: object) -> UUID:
    """The same time and parts give the same id, in UUIDv7's form: for random bits it has a hash of the parts."""
    named = repr([str(part) for part in parts])  # unlike a plain join it tells ("a", "b c") from ("a b", "c")
    digest = blake2b(named.encode(), digest_size=10).digest()
    time = min(max(milliseconds, 0), _LATEST) << 80
    return UUID(int=time | int.from_bytes(digest) & ~_FIXED | 0x7 << 76 | 0x2 << 62)


def hashed_part(id_: UUID) -> bytes:
    """An id without its time. It is equal for two `dated_id` of the same parts, whatever their times."""
    return id_.bytes[6:]


def derived_id(*parts: object) -> UUID:
    """The same parts give the same id, on every machine and in every repetition (uuid5)."""
    return uuid_utils.compat.uuid5(RAPPORT, "\x1f".join(map(str, parts)))
