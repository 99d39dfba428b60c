"""Bodies of answers about scores."""

from datetime import date, datetime
from uuid import UUID

from pydantic import BaseModel


class ContributionView(BaseModel):
    """`effect` is what the score gains by this input, against one repeat or against a purchase just now."""

    input: str
    value: float
    effect: float | None


class ScoreView(BaseModel):
    """`model` is the version that made it; effects of churn are on its log odds, against the mean party, those of
    health what each input takes away of 1, at most its weight, and those of rfm are its fifths and add up to it.
    """

    model: str
    score: str
    value: float
    band: str
    contributions: list[ContributionView]


class PartyScores(BaseModel):
    """As of now; what was published last may be older, and stands on `crm.insights`. `model` is that of P(alive)."""

    party_id: UUID
    as_of: datetime
    model: str
    trained_until: date
    scores: list[ScoreView]
