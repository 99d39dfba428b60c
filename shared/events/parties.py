"""`crm.parties`: the newest description of every party, compacted; a null value means erased."""

from dataclasses import dataclass, field
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from shared.events.contract import contract
from shared.events.ingest import Address, Addresses
from shared.events.topic import topic
from shared.events.values import Instant, PartyKind

PARTIES = topic(
    "crm.parties",
    owner="contacts",
    about="The newest description of every party.",
    cleanup="compact",
    personal="yes: who the party is",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownIdentity:
    """An identity of the party; `value` is normalised (e-mail lower case, phone E.164).

    Of several e-mails, and of several phones, the `primary` one is written to: the one that was said to be, else the
    one used last; `primary_because` says which of the two it is. Where none is marked, readers take any. A `shared` one
    belongs to another party first: an address to write to, by which this party is never found.
    """

    id: UUID
    type: Literal["external", "email", "phone", "anonymous"]
    value: str
    system: str | None = None
    primary: bool = False
    shared: bool = False
    primary_because: Literal["stated", "used_last"] | None = None


@contract(PARTIES, "crm.party.described.v1", key="party_id", subject="party/{party_id}")
@dataclass(frozen=True, slots=True, kw_only=True)
class PartyDescribed:
    """Everything that says who a party is; nothing that a sale changes. `version` counts up by one a change.

    `custom` are fields that the operator defined, checked by the definitions of `custom_version`.
    """

    party_id: UUID
    version: int
    kind: PartyKind
    recorded_at: Instant
    name: str | None = None
    address: Address | None = None
    identities: list[KnownIdentity] = field(default_factory=list)
    roles: list[str] = field(default_factory=list)
    birth_date: Annotated[str, Field(json_schema_extra={"format": "date"})] | None = None
    locale: str | None = None
    time_zone: str | None = None
    owner: str | None = None
    merged_into: UUID | None = None
    addresses: Addresses | None = None
    tags: list[str] = field(default_factory=list)
    custom: dict[str, bool | int | float | str] = field(default_factory=dict)
    custom_version: int | None = None
