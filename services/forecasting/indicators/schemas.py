"""Bodies of answers about series of the market and the economy."""

from datetime import datetime

from pydantic import BaseModel


class IndicatorView(BaseModel):
    """A series with its newest value, and since when that holds."""

    series: str
    unit: str | None
    at: datetime
    value: float


class IndicatorPoint(BaseModel):
    """What the series was at a moment, as it was said last."""

    at: datetime
    value: float
    unit: str | None
