"""Bodies of requests and answers about frauds."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel

from services.forecasting.fraud_rules import Band
from shared.http.staff import StaffId


class ReasonView(BaseModel):
    """A rule that counted, what its first input had, and the points that it gave."""

    input: str
    value: float
    effect: float | None = None


class ShadowView(BaseModel):
    """What rules in shadow would have said; nobody acts on it."""

    rules: str
    forest: str | None = None
    points: int
    band: Band
    reasons: list[ReasonView]


class AssessmentView(BaseModel):
    """`reasons` add up to `points`, within 0 and 100, by the version `rules`, and by the isolation forest `forest`."""

    assessment_id: UUID
    event_id: UUID
    kind: Literal["sale", "refund"]
    party_id: UUID
    origin: str
    sale_id: str
    points: int
    band: Band
    reasons: list[ReasonView]
    rules: str
    forest: str | None
    shadow: ShadowView | None
    occurred_at: datetime
    recorded_at: datetime
    verdict: Literal["fraud", "genuine"] | None
    judged_by: str | None
    judged_at: datetime | None
    version: int


class NewVerdict(BaseModel):
    """What a person found out."""

    verdict: Literal["fraud", "genuine"]
    agent: StaffId | None = None
