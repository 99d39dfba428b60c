"""Enrolments as they are shown."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel


class Enrolment(BaseModel):
    enrolment_id: UUID
    campaign: str
    campaign_version: int
    party_id: UUID
    trigger_event_id: str
    follow_up: bool
    started_at: datetime
