"""Bodies of answers about trends."""

from datetime import date, datetime
from uuid import UUID

from pydantic import BaseModel


class TrendEvidence(BaseModel):
    """What an input had."""

    input: str
    value: float


class TrendView(BaseModel):
    """`since`: the week in which it began. `change`: by how much of itself the series lies off, .25 is a quarter more.
    `chance`: the probability of that without a trend. `because` says how it ended: settled, turned, over.
    """

    trend_id: UUID
    kind: str
    series: str
    sku: str | None
    since: date
    change: float
    chance: float
    state: str
    as_of: date
    model: str
    evidence: list[TrendEvidence]
    detected_at: datetime
    cleared_at: datetime | None
    because: str | None
