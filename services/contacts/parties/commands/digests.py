"""Keeps by what erased parties were known, without what that is."""

import secrets
from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from services.contacts.parties import store
from services.contacts.parties.domain.erasure import digest_of
from services.contacts.parties.domain.identity import Claim, Home
from shared.engine.transaction import Transaction


async def remember(tx: Transaction, own: Mapping[Claim, Home], erased_at: Mapping[UUID, datetime]) -> None:
    """Keep digests of identities of parties that were erased at these times."""
    await store.add_digest_key(tx, secrets.token_bytes(32))
    key = await store.load_digest_key(tx)
    assert key is not None  # it has just been written
    digests = {digest_of(claim, key): (home.party_id, erased_at[home.party_id]) for claim, home in own.items()}
    await store.add_digests(tx, digests)
