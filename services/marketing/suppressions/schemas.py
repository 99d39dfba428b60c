"""Suppressions as they are shown."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from shared.http.staff import StaffId

Because = Literal["asked_again", "mistake", "reachable", "other"]
"""Why an address may be written to again."""


class Suppression(BaseModel):
    """A party that wants no more letters of this purpose and topic (null: all topics), by the link of which letter."""

    suppression_id: UUID
    party_id: UUID
    purpose: str
    topic: str | None
    channel: str
    message_id: UUID
    suppressed_at: datetime


class Address(BaseModel):
    """An e-mail address; it is never answered, and only its hash is kept."""

    model_config = ConfigDict(extra="forbid")

    email: Annotated[str, Field(max_length=320, pattern=r"^[^@\s<>]+@[^@\s<>]+$")]


class Lift(Address):
    """Why it may be written to again, and who says so; an older client says neither."""

    because: Because | None = None
    agent: StaffId | None = None


class Lifted(BaseModel):
    """That an address was stopped by something, and let go."""

    because: Because | None
    agent: str | None
    stopped_by: str
    lifted_at: datetime


class Stopped(BaseModel):
    """Whether nothing is sent to an address, and why: by which message, or by a request. `lifted` is the last time that
    it was let go.
    """

    stopped: bool
    reason: Literal["listed", "hard_bounce", "soft_bounces", "complaint"] | None = None
    cause: str | None = None
    stopped_at: datetime | None = None
    lifted: Lifted | None = None
