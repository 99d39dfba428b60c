"""Bodies of answers about the series that are forecast. Amounts are in their `unit`."""

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
