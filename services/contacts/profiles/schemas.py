"""Bodies of requests and answers about profiles. A whole profile is `ReportedParty`, the same as on crm.ingest."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from shared.events.ingest import Address, Name, ReportedIdentity
from shared.events.values import PartyKind


class ProfilePatch(BaseModel):
    """Fields left out stay, null empties. Identities and roles are added to those that are known."""

    model_config = ConfigDict(extra="forbid")

    kind: PartyKind | None = None
    name: Name | None = None
    address: Address | None = None
    birth_date: Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")] | None = None
    locale: Annotated[str, Field(max_length=35)] | None = None
    time_zone: Annotated[str, Field(max_length=64)] | None = None
    identities: Annotated[list[ReportedIdentity], Field(max_length=20)] = []
    roles: list[Literal["customer", "prospect", "supplier", "vendor", "distributor", "partner"]] = []


class Upserts(BaseModel):
    """Profiles, each checked for itself: one that is refused holds back no other."""

    items: Annotated[list[dict[str, Any]], Field(min_length=1, max_length=1000)]


class Upserted(BaseModel):
    """What became of the profile of this index; `detail` says why it was refused."""

    index: int
    status: Literal["created", "updated", "unchanged", "refused"]
    id: str | None = None
    version: int | None = None
    detail: str | None = None


class UpsertResult(BaseModel):
    results: list[Upserted]
