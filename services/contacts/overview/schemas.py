"""Bodies of answers about parties: as lists show them, and the 360 view."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel

from services.contacts.completeness.schemas import CompletenessView
from services.contacts.consents.schemas import ConsentView
from services.contacts.parties.schemas import PartyState
from services.contacts.relations.schemas import RelationView
from services.contacts.roles.schemas import RoleView
from services.contacts.timeline.schemas import LineView
from shared.events.money import Currency
from shared.events.parties import KnownIdentity
from shared.events.values import PartyKind
from shared.http.app import Listing


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


class FlaggedIdentity(BaseModel):
    """What the party was named by and nobody is known by, as its sender wrote it; `surplus` is beyond a limit."""

    type: str
    system: str | None
    value: str
    reason: Literal["blocked", "unreadable", "local_number", "no_number", "surplus"]
    seen_at: datetime


class StageEntry(BaseModel):
    """`by_time`: a span was over that is counted from the event."""

    stage: str
    entered_at: datetime
    left_at: datetime | None
    cause_event_id: str
    by_time: bool


class LifecycleView(BaseModel):
    """`current` is the stage that holds, `furthest` the furthest one before a customer lapses; new stages may come, and
    readers accept them.
    """

    current: str | None
    furthest: str | None
    entries: list[StageEntry]


class Sum(BaseModel):
    """A sum of amounts in minor units; it may be beyond what one amount may be."""

    minor: int
    currency: Currency


class TotalView(BaseModel):
    """`net` is `paid` minus `refunded`."""

    currency: str
    sales: int
    refunds: int
    paid: Sum
    refunded: Sum
    net: Sum
    first_sale_at: datetime | None
    last_sale_at: datetime | None


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


class RelatedView(RelationView):
    """A relation with the name of whom the party has it with."""

    name: str | None


class PartyOverview(BaseModel):
    """What stands around a party. `completeness` is null as long as it was not looked at; `purchases` are what its last
    sales came to, the newest first; the lists go on as `relations` and `roles` do.
    """

    party_id: UUID
    name: str | None
    completeness: CompletenessView | None
    purchases: list[Sum]
    relations: Listing[RelatedView]
    roles: Listing[RoleView]


class PartyView(PartyState):
    """The 360 view: the last ten messages by due time, and the last ten lines."""

    registered_at: datetime
    flagged_identities: list[FlaggedIdentity]
    lifecycle: LifecycleView
    totals: list[TotalView]
    consents: list[ConsentView]
    open_tickets: list[TicketView]
    messages: list[MessageView]
    timeline: list[LineView]
