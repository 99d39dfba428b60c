"""Segments as they are asked for and shown."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.marketing.catalogue.schemas import DraftProblem


class SegmentDraft(BaseModel):
    """A segment's file as it was written."""

    model_config = ConfigDict(extra="forbid")

    text: Annotated[str, Field(max_length=200_000)]
    file: Annotated[str, Field(max_length=200)] = "segment.yaml"


class CheckedSegment(BaseModel):
    """Whether a draft can be published."""

    valid: bool
    segment: str | None = None
    problems: list[DraftProblem] = []


class PublishedSegment(BaseModel):
    """`changed` false: the same was in force already."""

    segment: str
    version: int
    changed: bool


class StoppedSegment(BaseModel):
    """`changed` false: it was stopped already."""

    segment: str
    changed: bool


class Segment(BaseModel):
    """The newest version, and how many parties are in. `stopped_at` null: it is in force.

    `filled_at` null: of the `parties` that there were when it was published, `scheduled` are decided or about to be.
    """

    segment: str
    version: int
    description: str
    definition: dict[str, Any]
    definition_hash: str
    published_at: datetime
    stopped_at: datetime | None
    filled_at: datetime | None
    parties: int
    scheduled: int
    members: int


class SegmentMember(BaseModel):
    """A party that is in, by the event that told it and the version of the definition that decided it."""

    party_id: UUID
    since: datetime
    version: int
    event_id: str


class SegmentReason(BaseModel):
    """A field that the definition names; `holds` says whether what is asked of it holds by itself."""

    field: str
    asked: Any
    known: list[Any]
    holds: bool


class Explanation(BaseModel):
    """Why a party is in a segment, or is not.

    `is_in` is what was told; `holds` is what is known by now, which differs while the party waits to be decided.
    `party_id` is the party that the one which was asked for was merged into, if it was. `since` null: it never was in.
    """

    segment: str
    version: int
    party_id: UUID
    is_in: bool
    holds: bool
    since: datetime | None
    event_id: str | None
    reasons: list[SegmentReason]
