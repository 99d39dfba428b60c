"""Points as they are shown and spent."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from shared.events.sales import REASON_WORD


class Expiring(BaseModel):
    """So many points are left that expire then; null: never."""

    expires_at: datetime | None
    points: int


class Balance(BaseModel):
    """The points of a party and of all that it was merged with, which are `parties`.

    `debt` is the part of a balance below zero, or below what is left, that was spent before its sale was taken back.
    `qualifying` points count for the tier; null: there are no tiers, or the party has reached none. `expiring` is what
    is left by when it expires, the first twenty.
    """

    party_id: UUID
    parties: list[UUID]
    balance: int
    debt: int
    qualifying: int
    tier: str | None
    expiring: list[Expiring]


class StatementLine(BaseModel):
    """What an event added to a balance, and of which sale or redemption; `deciding_event_id` led to it."""

    event_id: UUID
    party_id: UUID
    kind: Literal["earned", "reversed", "expired", "redeemed"]
    points: int
    recorded_at: datetime
    origin: str | None
    sale_id: str | None
    sold_at: datetime | None
    redemption_id: UUID | None
    deciding_event_id: str | None


class Spend(BaseModel):
    """Points to spend; `reference` is a word of the asker's, such as a voucher's number, and no personal data."""

    model_config = ConfigDict(extra="forbid")

    points: Annotated[int, Field(strict=True, ge=1, le=2**53 - 1)]
    reference: Annotated[str, Field(pattern=REASON_WORD)] | None = None


class Spent(BaseModel):
    """`balance` is what the party has after it."""

    redemption_id: UUID
    party_id: UUID
    points: int
    balance: int
    redeemed_at: datetime
