"""Bodies of requests and answers about profiles. A whole profile is `ReportedParty`, the same as on crm.ingest."""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, SkipValidation

from shared.events.ingest import Address, Locale, Name, ReportedIdentity, ReportedParty
from shared.events.values import (
    AddressKind,
    BlankIsNone,
    CustomName,
    CustomValue,
    Day,
    PartyKind,
    Role,
    Tag,
    Tidy,
    TimeZone,
)


class ProfilePatch(BaseModel):
    """Fields left out stay, null or blank empties; so it is with each of `addresses` and `custom`. `tags` are all that
    the party has from then on. Identities and roles are added to those that are known.
    """

    model_config = ConfigDict(extra="forbid")

    kind: Annotated[PartyKind | None, BlankIsNone] = None
    name: Annotated[Name | None, Tidy] = None
    address: Address | None = None
    birth_date: Annotated[Day | None, Tidy] = None
    locale: Locale = None
    time_zone: Annotated[TimeZone | None, Tidy] = None
    identities: Annotated[list[ReportedIdentity], Field(max_length=20)] = []
    roles: list[Role] = []
    addresses: dict[AddressKind, Address | None] = {}
    tags: Annotated[list[Tag] | None, Field(max_length=50)] = None
    custom: Annotated[dict[CustomName, Annotated[CustomValue | None, Tidy]], Field(max_length=100)] = {}


class Upserts(BaseModel):
    """Profiles, each checked for itself: one that is refused holds back no other."""

    items: Annotated[list[SkipValidation[ReportedParty]], Field(min_length=1, max_length=1000)]


@dataclass(slots=True)
class Upserted:
    """What became of the profile of this index; `detail` says why it was refused."""

    index: int
    status: Literal["created", "updated", "unchanged", "refused"]
    id: str | None = None
    version: int | None = None
    detail: str | None = None


class UpsertResult(BaseModel):
    results: list[Upserted]
