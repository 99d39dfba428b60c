"""Bodies of answers about what was sold. Amounts are whole minor units of the currency beside them."""

from datetime import date

from pydantic import BaseModel


class SetAsideView(BaseModel):
    """The newest cut could not make a forecast of the series: which cut, and why. Its last forecast stays in force."""

    cut: date
    reason: str


class SeriesView(BaseModel):
    """A series that is forecast, by week from Monday on; `first_week` is its first whole one."""

    id: str
    department: str
    currency: str
    unit: str
    first_week: date
    set_aside: SetAsideView | None = None


class WeekView(BaseModel):
    week: date
    value: int


class TotalView(BaseModel):
    """`key` is the product, category, channel, day or week (its Monday).

    `lines` are products of sales; `sales` and `total` are of whole sales, known by channel, day and week without other
    filters. `refunded` counts on the day of the refund, so that `revenue` of a past day stays what it was.
    """

    key: str
    currency: str
    lines: int
    units: int
    revenue: int
    returned: int
    refunded: int
    sales: int | None = None
    total: int | None = None
