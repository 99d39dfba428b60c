"""Bodies of answers about warnings."""

from datetime import date, datetime
from uuid import UUID

from pydantic import BaseModel


class EvidenceView(BaseModel):
    """What an input had, and what it added where the model adds up."""

    input: str
    value: float
    effect: float | None = None


class WarningView(BaseModel):
    """`as_of`: decided by what happened before. `until`: by then what it foretells has come or not.

    `about` is the party's id or the series. `because` says how it ended: bought, used_again, came_true, over.
    """

    warning_id: UUID
    kind: str
    about: str
    party_id: UUID | None
    sku: str | None
    severity: float
    state: str
    as_of: date
    until: date | None
    model: str | None
    evidence: list[EvidenceView]
    raised_at: datetime
    cleared_at: datetime | None
    because: str | None
    lead_days: int | None
