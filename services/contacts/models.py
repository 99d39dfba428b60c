"""Bodies of requests. Profiles are `ReportedParty`, the same as on crm.ingest."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from shared.events.ingest import Address, Name, ReportedIdentity
from shared.events.money import Money
from shared.events.parties import KnownIdentity
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


class PartyCard(BaseModel):
    """A party as lists show it."""

    id: UUID
    version: int
    kind: PartyKind
    name: str | None
    roles: list[str]
    owner: str | None
    merged_into: UUID | None
    registered_at: datetime
    identities: list[KnownIdentity]


class StageEntry(BaseModel):
    stage: str
    entered_at: datetime
    cause_event_id: str


class LifecycleView(BaseModel):
    """`current` is the furthest stage entered; new stages may come, and readers accept them."""

    current: str | None
    entries: list[StageEntry]


class TotalView(BaseModel):
    """`net` is `paid` minus `refunded`."""

    currency: str
    sales: int
    refunds: int
    paid: Money
    refunded: Money
    net: Money
    first_sale_at: datetime | None
    last_sale_at: datetime | None


class ConsentView(BaseModel):
    """The latest of its kind; `topic` null covers all topics."""

    purpose: str
    topic: str | None
    channel: str
    given: bool
    occurred_at: datetime
    basis: str | None
    text_version: str | None
    event_id: str


class TicketView(BaseModel):
    ticket_id: UUID
    number: int | None
    status: str
    channel: str | None
    sku: str | None
    sale_id: str | None
    opened_at: datetime | None
    changed_at: datetime


class MessageView(BaseModel):
    message_id: UUID
    campaign: str
    step: int
    channel: str
    state: Literal["planned", "sent", "skipped", "unknown"]
    reason: str | None
    due_at: datetime
    changed_at: datetime
    trigger_event_id: str


class LineView(BaseModel):
    """What happened, without what is personal; `summary` is what the event says."""

    event_id: str
    type: str
    source: str
    occurred_at: datetime
    recorded_at: datetime
    summary: dict[str, Any]


class PartyView(PartyState):
    """The 360 view: the last ten messages by due time, and the last ten lines."""

    registered_at: datetime
    lifecycle: LifecycleView
    totals: list[TotalView]
    consents: list[ConsentView]
    open_tickets: list[TicketView]
    messages: list[MessageView]
    timeline: list[LineView]


class TextView(BaseModel):
    kind: Literal["summary", "answer", "evidence"]
    text: str


class TextsView(BaseModel):
    """What an event said in free text."""

    event_id: UUID
    party_id: UUID
    recorded_at: datetime
    texts: list[TextView]
