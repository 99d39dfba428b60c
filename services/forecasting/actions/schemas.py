"""Bodies of requests and answers about what to do next."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel

from shared.events.money import Money
from shared.http.staff import StaffId


class FactorView(BaseModel):
    """What a suggestion was multiplied of."""

    input: str
    value: float


class ActionView(BaseModel):
    """`expected`: what it brings on average, in the minor unit of `value`; the product of its `reasons`."""

    action_id: UUID
    party_id: UUID
    kind: Literal["bought_again", "goes_with", "win_back"]
    sku: str
    because_of: str | None
    expected: float
    value: Money
    reasons: list[FactorView]
    suggested_at: datetime
    expires_at: datetime
    state: Literal["open", "accepted", "declined"]
    answered_by: str | None
    answered_at: datetime | None


class Suggested(BaseModel):
    """The best first, three at most. `none_because` says why there is no advice."""

    party_id: UUID
    actions: list[ActionView]
    none_because: str | None


class NewSuggestions(BaseModel):
    """Whom to advise on."""

    party_id: UUID


class NewAnswer(BaseModel):
    """Who accepted or declined it."""

    agent: StaffId | None = None
