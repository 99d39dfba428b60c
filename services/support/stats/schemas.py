"""Figures of tickets, and warnings about them."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel

from services.support.stats.domain.warning import Kind

By = Literal["day", "queue", "agent", "category", "channel"]


class Bin(BaseModel):
    """Tickets that took at most `le_seconds`, and longer than the bin before; null is without a bound."""

    le_seconds: int | None
    tickets: int


class Spent(BaseModel):
    """How long something took, in seconds from when support took the request in."""

    tickets: int
    mean_seconds: float | None
    histogram: list[Bin]


class Kept(BaseModel):
    """Promises of one metric: kept and broken."""

    met: int = 0
    breached: int = 0


class Ratings(BaseModel):
    """Answers of customers, by value from 1 to 5."""

    answers: int
    mean: float | None
    values: dict[int, int]


class Figures(BaseModel):
    """What tickets add up to; `key` is null where they have no agent, category or queue, and where nothing is grouped.

    `resolved` are those that are still resolved, on the day of that. Of `merged` only the ratings count besides, and
    `spam` counts nowhere else. `open` and `slack_short` are as of now, and null by day.
    """

    key: str | None
    opened: int
    resolved: int
    reopened: int
    merged: int
    spam: int
    open: int | None
    slack_short: int | None
    first_answer: Spent
    time_to_resolve: Spent
    sla: dict[Literal["first_response", "next_response", "resolution"], Kept]
    csat: Ratings


class StatsView(BaseModel):
    """Figures of the days from `since` to `until`, both included, in UTC."""

    since: date
    until: date
    by: By | None
    items: list[Figures]


class DeskWarning(BaseModel):
    """`about` is a queue, or the product (`sku`) that tickets of one category are about."""

    id: UUID
    kind: Kind
    about: str
    category: str | None
    observed: int
    usual: int
    raised_at: datetime
    cleared_at: datetime | None
