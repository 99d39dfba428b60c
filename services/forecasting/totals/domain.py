"""What totals of sales are asked for, and which sums answer that."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from services.forecasting.cuts.domain import week_of

By = Literal["product", "category", "channel", "store", "segment", "hour", "day", "week", "month"]
Source = Literal["day", "slot", "sale"]
UTC_ZONE = "UTC"
BETWEEN = " > "
"""Between the parts of a category's path."""


@dataclass(frozen=True, slots=True)
class Asked:
    """By what sales are added up, and which of them: what is None does not matter.

    `zone` is that in which hours, days, weeks and months begin. `depth` parts of a category's path make a key.
    """

    by: By = "day"
    zone: str = UTC_ZONE
    depth: int = 1
    margin: bool = False
    sku: str | None = None
    category: str | None = None
    channel: str | None = None
    currency: str | None = None
    store: str | None = None
    segment: str | None = None

    @property
    def source(self) -> Source:
        """The smallest sums that tell it: those by day know neither hours nor stores, and sales alone know whose they
        are.
        """
        if self.by == "segment" or self.segment is not None:
            return "sale"
        if self.by in {"hour", "store"} or self.store is not None or self.zone != UTC_ZONE:
            return "slot"
        return "day"

    @property
    def whole(self) -> bool:
        """Whether whole sales can be told: of one with several products none is part of a product's."""
        return self.by not in {"product", "category"} and self.sku is None and self.category is None


def whole_from(by: By, begin: date) -> date:
    """The first day of the first whole week or month from `begin` on."""
    if by == "week":
        return week_of(begin + timedelta(days=6))
    if by == "month" and begin.day > 1:
        return (begin.replace(day=1) + timedelta(days=31)).replace(day=1)
    return begin
