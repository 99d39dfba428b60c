"""Bodies of answers about what is to be ordered."""

from datetime import date, datetime
from uuid import UUID

from pydantic import BaseModel


class ReorderEvidence(BaseModel):
    """What an input had."""

    input: str
    value: float


class ReorderView(BaseModel):
    """At `reorder_point` or below `quantity` units are to be ordered, 0 while there is enough; what was ordered and has
    not come is to be taken off. `demand` is expected within `days`, between `demand_low` and `demand_high` four times
    out of five; `stock_out_risk`: how probably `stock` does not last until the next delivery. `none_because`: why there
    is no quantity. `suggestion_id` is the last `reorder.suggested` of the product, where there was any.
    """

    sku: str
    suggestion_id: UUID | None
    cut: date
    reorder_point: int | None
    quantity: int | None
    stock: int | None
    days: int | None
    service_level: float | None
    demand: float | None
    demand_low: float | None
    demand_high: float | None
    stock_out_risk: float | None
    none_because: str | None
    evidence: list[ReorderEvidence]
    model: str
    supersedes: UUID | None
    recorded_at: datetime
