"""Enrolments as they are shown."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel


class DryRun(BaseModel):
    """What a draft would have done with the newest sales.

    `matched` fit its `when`; of those `left` would have been another follow-up's, `expired` were told too late, and
    `enrolled` are the rest. `taken` are the sales that follow-ups in force would have lost to it.
    """

    campaign: str
    sales: int
    matched: int
    left: int
    expired: int
    held_out: int
    enrolled: int
    parties: int
    taken: dict[str, int]


class Enrolment(BaseModel):
    enrolment_id: UUID
    campaign: str
    campaign_version: int
    party_id: UUID
    trigger_event_id: str
    follow_up: bool
    started_at: datetime
