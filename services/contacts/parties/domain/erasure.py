"""How identities of erased parties are known again, without what they are."""

import hashlib
import hmac
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from services.contacts.parties.domain.identity import Claim


class Named(NamedTuple):
    """A fact at its place in a batch: whom it names, when it happened, and whose the sale is that it changes."""

    place: int
    claims: Sequence[Claim]
    at: datetime
    owner_id: UUID | None


class Past(NamedTuple):
    """A fact of what was before an erasure: the party that was erased, and the claims that still name somebody."""

    party_id: UUID
    left: tuple[Claim, ...]


def digest_of(claim: Claim, key: bytes) -> bytes:
    """An HMAC: who has the digests alone can try no values out."""
    return hmac.digest(key, "\x1f".join(claim).encode(), hashlib.sha256)


def past_of(
    facts: Iterable[Named],
    erased: Mapping[Claim, tuple[UUID, datetime]],
    known: Iterable[Claim],
) -> dict[int, Past]:
    """By place, those facts that happened before an identity of theirs was erased, or that change a sale of whom it
    was; `known` claims name others.
    """
    living, found = set(known), {}
    for place, claims, at, owner_id in facts:
        gone = [
            erased[claim][0]
            for claim in claims
            if claim in erased and (erased[claim][0] == owner_id or (claim not in living and at <= erased[claim][1]))
        ]
        if gone:
            found[place] = Past(gone[0], tuple(claim for claim in claims if claim in living))
    return found
