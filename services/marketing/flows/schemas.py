"""Enrolments of flows as they are shown."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field


class Standing(BaseModel):
    """So many enrolments stand at a step, counted from 1, or ended there for a reason (null: they go on). 0: they wait
    for their date, or never came to the first one.
    """

    step: int
    reason: str | None
    enrolments: int


class FlowState(BaseModel):
    """Where an enrolment stands: at `step` since `since`; time alone moves it on at `wakes_at`.

    At step 0 it waits for the date at which its first step is taken. `dated_at` is that date, then as later.
    """

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
    dated_at: datetime | None = None


class Enrol(BaseModel):
    """Parties that are to be enrolled by hand, by their ids."""

    model_config = ConfigDict(extra="forbid")

    parties: Annotated[list[UUID], Field(min_length=1, max_length=1_000)]


class RequestedParty(BaseModel):
    """What came of asking for one party: 202, it was taken, as the event tells; 200, it is in the campaign already, as
    the enrolment; 404, nobody has this id; 410, it was erased.

    `merged_into` is the party that it is part of now, and that all of this is about.
    """

    party_id: UUID
    status: Literal[202, 200, 404, 410]
    why: Literal["running", "unknown", "erased"] | None = None
    merged_into: UUID | None = None
    event_id: UUID | None = None
    enrolment_id: UUID | None = None


class RequestedParties(BaseModel):
    """One result for each party that was asked for, in their order."""

    campaign: str
    results: list[RequestedParty]
