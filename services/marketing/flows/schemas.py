"""Enrolments of flows as they are shown."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel


class Standing(BaseModel):
    """So many enrolments stand at a step, counted from 1, or ended there for a reason (null: they go on). 0: they never
    came to the first one.
    """

    step: int
    reason: str | None
    enrolments: int


class FlowState(BaseModel):
    """Where an enrolment stands: at `step` since `since`; time alone moves it on at `wakes_at`."""

    enrolment_id: UUID
    trigger_event_id: str
    campaign: str
    campaign_version: int
    party_id: UUID
    key: str
    triggered_at: datetime
    step: int
    since: datetime
    wakes_at: datetime | None
    ended_at: datetime | None
    reason: str | None
    deciding_event_id: str | None
