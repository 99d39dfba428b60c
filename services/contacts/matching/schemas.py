"""Bodies of requests and answers about parties that may be the same."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from shared.events.values import FreeText

State = Literal["open", "dismissed", "merged"]


class DismissBody(BaseModel):
    """Why the two are two."""

    model_config = ConfigDict(extra="forbid")

    because: Annotated[FreeText, Field(min_length=1, max_length=1_000)]


class ConfirmMergeBody(DismissBody):
    """Why the two are one."""


class DuplicateView(BaseModel):
    """Two parties that may be one. `reasons` are what speaks for and against it, in words; `score` is the probability
    by the weights of version `model`, both null where one fact named both, which `reason` then says. `left_because` is
    why two who are certainly alike were not merged unasked, `doubted_at` when something was learnt that speaks against
    their merge: undo or confirm it. `doubted_because` is why the rules of by now would not merge them unasked, where
    that speaks against it.
    """

    id: UUID
    party_ids: list[UUID]
    state: State
    reason: str
    reasons: list[str]
    score: float | None
    model: int | None
    suspected_at: datetime
    decided_at: datetime | None
    decided_because: str | None
    left_because: str | None = None
    doubted_at: datetime | None = None
    doubted_because: str | None = None


class ModelView(BaseModel):
    """Weights that parties are compared with: by field and level of agreement the bits (log odds to the base of 2) that
    it adds to `prior`, which two taken at random have. Learnt from `records` of the `parties` that there were;
    `compared_at` is when all parties were compared with it.
    """

    version: int
    parties: int
    records: int
    learnt_at: datetime | None
    compared_at: datetime | None
    prior: float
    weights: Mapping[str, Mapping[str, float]]
