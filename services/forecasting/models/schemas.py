"""Bodies of requests and answers about models."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from pydantic import BaseModel

from shared.http.staff import StaffId


class ModelView(BaseModel):
    """`cut`: it has seen what happened before. `quality` was measured on what it had not seen. `in_force`: it is the
    one that is used; a newer one that is not is a shadow.
    """

    name: str
    version: str
    cut: date
    in_force: bool
    parameters: Mapping[str, Any]
    quality: Mapping[str, Any]
    recorded_at: datetime


class MeasuredView(BaseModel):
    """How well the model of `cut` foretold the 28 days up to `until`, and how far its answers drifted (`drift`, a
    population stability index). `in_force`: it was the one that was used; else a shadow.
    """

    name: str
    version: str
    cut: date
    until: date
    in_force: bool
    quality: Mapping[str, Any]
    recorded_at: datetime


class NewPromotion(BaseModel):
    """The cut of the model that is to be used, null for the newest of each time; who says so."""

    cut: date | None
    agent: StaffId | None = None


class PromotionView(BaseModel):
    """`cut`: the model that is used, null for the newest of each time."""

    model: str
    cut: date | None
    promoted_by: str | None
    promoted_at: datetime | None
    version: int
