"""Bodies of answers about forecasts. Amounts are in the forecast's unit."""

from datetime import date, datetime
from uuid import UUID

from pydantic import BaseModel


class PointView(BaseModel):
    """One week; `actual` is null until the week is over for every source and all of its sales have come."""

    at: datetime
    mean: float
    lo80: float
    hi80: float
    lo95: float
    hi95: float
    actual: int | None = None


class BacktestView(BaseModel):
    """Over rolling origins; coverages are shares, sMAPE is percent, MASE below 1 beats a step of the naive forecast."""

    mase: float
    smape: float
    coverage80: float
    coverage95: float
    baseline_mase: float


class IndicatorUsedView(BaseModel):
    """A series of `GET /v1/indicators`: how much of what it adds is put on, from 0 to 1, and what that is in all weeks
    together.
    """

    series: str
    weight: float
    effect: float


class ForecastView(BaseModel):
    forecast_id: UUID
    series: str
    cut: date
    model: str
    unit: str
    points: list[PointView]
    backtest: BacktestView | None
    supersedes: UUID | None
    indicator: IndicatorUsedView | None = None
    recorded_at: datetime
