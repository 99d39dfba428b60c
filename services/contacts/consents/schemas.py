"""Bodies of requests and answers about consents."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from shared.events.values import FreeText


class ConsentView(BaseModel):
    """The statement that decides of its kind; `topic` null covers all topics.

    `holds` says whether this purpose, topic and channel is allowed now: a later statement for all topics decides about
    each of them too, and a consent ends at `expires_at`.
    """

    purpose: str
    topic: str | None
    channel: str
    given: bool
    holds: bool = False
    occurred_at: datetime
    recorded_at: datetime
    expires_at: datetime | None
    basis: str | None
    text_version: str | None
    event_id: str


class ConsentsView(BaseModel):
    """What a party allows at the time `at`, by what was recorded until then."""

    party_id: UUID
    at: datetime
    consents: list[ConsentView]


class RecordView(BaseModel):
    """One line of the history of a party's consents.

    `origin` is the sender, `identity_type` and `identity_id` say by what the party was found, and with `has_evidence`
    its text stands under `/v1/interactions/{event_id}`. `expired` is said by time alone.
    """

    event_id: UUID
    said: Literal["requested", "given", "withdrawn", "expired"]
    purpose: str
    topic: str | None
    channel: str
    occurred_at: datetime
    recorded_at: datetime
    expires_at: datetime | None
    basis: str | None
    text_version: str | None
    origin: str | None
    identity_type: str | None
    identity_id: str | None
    has_evidence: bool


class ConfirmBody(BaseModel):
    """How the customer confirmed, e.g. by which link and when."""

    model_config = ConfigDict(extra="forbid")

    evidence: Annotated[FreeText, Field(min_length=1, max_length=2_000)]


class Confirmed(BaseModel):
    """The fact stands in the outbox for crm.ingest, under this source and id."""

    source: str
    id: str
