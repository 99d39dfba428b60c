"""Identifiers: time-ordered for what is new, name-based for what must come out the same twice."""

from uuid import UUID

import uuid_utils.compat

RAPPORT = UUID("6f1c2a0e-5f0c-5c39-9a44-2f8f1f0c7d11")


def new_id() -> UUID:
    """A UUIDv7: unique, and close in an index to its neighbours in time."""
    return uuid_utils.compat.uuid7()


def derived_id(*parts: object) -> UUID:
    """The same parts give the same id, on every machine and in every repetition (uuid5)."""
    return uuid_utils.compat.uuid5(RAPPORT, "\x1f".join(map(str, parts)))
