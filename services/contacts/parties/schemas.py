"""What answers say of a party."""

from uuid import UUID

from pydantic import BaseModel

from shared.events.ingest import Address, Addresses
from shared.events.parties import KnownIdentity
from shared.events.values import CustomValue, PartyKind


class PartyState(BaseModel):
    """A party's description, as it goes to crm.parties; `version` is its ETag."""

    id: UUID
    version: int
    kind: PartyKind
    name: str | None
    address: Address | None
    birth_date: str | None
    locale: str | None
    time_zone: str | None
    roles: list[str]
    identities: list[KnownIdentity]
    owner: str | None
    merged_into: UUID | None
    addresses: Addresses | None
    tags: list[str]
    custom: dict[str, CustomValue]
