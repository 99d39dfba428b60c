"""The proof of follow-up, and messages, as they are shown."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel

State = Literal["one", "waiting", "skipped", "unknown", "missing", "double"]
MessageState = Literal["planned", "cleared", "sending", "sent", "skipped", "unknown"]


class Audit(BaseModel):
    """Every sale that was read, in exactly one state; the six sum to `sales`."""

    sales: int
    one: int
    waiting: int
    skipped: dict[str, int]
    unknown: int
    missing: int
    double: int


class UnconsentedMessage(BaseModel):
    """A message that went out, or may have, though no consent allowed it."""

    message_id: UUID
    party_id: UUID
    campaign: str
    campaign_version: int
    trigger_event_id: str
    outcome: Literal["sent", "unknown"]
    ended_at: datetime
    consent_event_id: str | None


class AuditedSale(BaseModel):
    """One sale of the audit. `enrolments` and `messages` count follow-ups, `sent` their first messages."""

    trigger_event_id: str
    party_id: UUID
    origin: str
    sale_id: str
    occurred_at: datetime
    outcome: State
    reason: str | None
    enrolments: int
    messages: int
    sent: int


class Message(BaseModel):
    """A message and why it was, or was not, sent. Without a campaign: no follow-up campaign matched the sale.

    `origin` and `sale_id` are null where no sale triggered it.
    """

    message_id: UUID | None
    enrolment_id: UUID | None
    party_id: UUID
    campaign: str | None
    campaign_version: int | None
    follow_up: bool
    step: int | None
    channel: str | None
    content: str | None
    trigger_event_id: str
    origin: str | None
    sale_id: str | None
    due_at: datetime | None
    planned_at: datetime
    outcome: MessageState
    reason: str | None
    ended_at: datetime | None
    consent_event_id: str | None
    deciding_event_ids: list[str]
    attempt: int | None
