"""How identities of erased parties are known again, without what they are."""

import hashlib
import hmac
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from services.contacts.parties.domain.identity import Claim


class Past(NamedTuple):
    """A fact of before an erasure: the party that was erased, and the claims that still name somebody."""

    party_id: UUID
    left: tuple[Claim, ...]


def digest_of(claim: Claim, key: bytes) -> bytes:
    """An HMAC: who has the digests alone can try no values out."""
    return hmac.digest(key, "\x1f".join(claim).encode(), hashlib.sha256)


def past_of(
    facts: Iterable[tuple[int, Sequence[Claim], datetime]],
    erased: Mapping[Claim, tuple[UUID, datetime]],
    known: Iterable[Claim],
) -> dict[int, Past]:
    """By place, those facts that happened before an identity of theirs was erased; `known` claims name others."""
    living, found = set(known), {}
    for place, claims, at in facts:
        gone = [erased[claim][0] for claim in claims if claim in erased and at <= erased[claim][1]]
        if gone:
            found[place] = Past(gone[0], tuple(claim for claim in claims if claim in living))
    return found
