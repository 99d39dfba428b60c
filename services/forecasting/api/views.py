"""What forecasting answers. Amounts are whole minor units of the currency beside them."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel


class SeriesView(BaseModel):
    """A series that is forecast, by week from Monday on; `first_week` is its first whole one."""

    id: str
    department: str
    currency: str
    unit: str
    first_week: date


class PointView(BaseModel):
    """One week; `actual` is null until the week is over for every source."""

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


class ForecastView(BaseModel):
    forecast_id: UUID
    series: str
    cut: date
    model: str
    unit: str
    points: list[PointView]
    backtest: BacktestView | None
    supersedes: UUID | None
    recorded_at: datetime


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


class MessagesView(BaseModel):
    """`outcome` is sent, unknown, or the reason why a message was skipped; `campaign` is empty where none matched."""

    day: date
    campaign: str
    outcome: str
    messages: int


class TicketsView(BaseModel):
    day: date
    channel: str
    opened: int


class ContributionView(BaseModel):
    """`effect` is what the score gains by this input, against one repeat or against a purchase just now."""

    input: str
    value: float
    effect: float | None


class ScoreView(BaseModel):
    score: str
    value: float
    band: str
    contributions: list[ContributionView]


class PartyScores(BaseModel):
    """As of now; what was published last may be older, and stands on `crm.insights`."""

    party_id: UUID
    as_of: datetime
    model: str
    trained_until: date
    scores: list[ScoreView]


class ModelView(BaseModel):
    """`cut`: it has seen what happened before. `quality` was measured on what it had not seen."""

    name: str
    version: str
    cut: date
    parameters: Mapping[str, Any]
    quality: Mapping[str, Any]
    recorded_at: datetime
