"""Suppressions as they are shown."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel


class Suppression(BaseModel):
    """A party that wants no more letters of this purpose and topic (null: all topics), by the link of which letter."""

    suppression_id: UUID
    party_id: UUID
    purpose: str
    topic: str | None
    channel: str
    message_id: UUID
    suppressed_at: datetime
