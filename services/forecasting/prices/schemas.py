"""Bodies of answers about prices."""

from datetime import date, datetime
from uuid import UUID

from pydantic import BaseModel


class PriceEvidence(BaseModel):
    """What an input had, and what it adds to the gain, where it adds to it."""

    input: str
    value: float
    effect: float | None = None


class PriceView(BaseModel):
    """Amounts in minor units of `currency`. `suggested` instead of `price` earns `gain` more a week on average, between
    `gain_low` and `gain_high` nineteen times out of twenty; it is not below `floor`. `elasticity`: by how much of
    itself the demand grows where the price grows by as much of itself. `none_because`: why there is no advice.
    `suggestion_id` is the last `price.suggested` of the product, where there was any.
    """

    sku: str
    suggestion_id: UUID | None
    cut: date
    currency: str | None
    price: int | None
    suggested: int | None
    floor: int | None
    elasticity: float | None
    elasticity_low: float | None
    elasticity_high: float | None
    gain: float | None
    gain_low: float | None
    gain_high: float | None
    none_because: str | None
    evidence: list[PriceEvidence]
    model: str
    supersedes: UUID | None
    recorded_at: datetime
