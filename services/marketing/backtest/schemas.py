"""What a draft would have done with the past."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel


class BacktestedMessage(BaseModel):
    """A message that would have been planned, and what would have become of it at `at`.

    `sent`: cleared and handed over. `waiting`: it would not be decided yet. `near` are campaigns that wrote to the
    party within the days that are asked for.
    """

    party_id: UUID
    trigger_event_id: str
    step: int
    at: datetime
    outcome: Literal["sent", "skipped", "waiting"]
    reason: str | None
    near: list[str]


class Backtest(BaseModel):
    """Of `sales` those that would have enrolled, and what would have become of the messages, by the same rules as live.

    `taken` are sales that another follow-up enrolled and that would have been this one's. `near` counts messages that
    would have been sent near one of another campaign, by that campaign; `crowded` are the parties of those.
    """

    campaign: str
    sales: int
    enrolled: int
    parties: int
    sent: int
    skipped: dict[str, int]
    waiting: int
    taken: dict[str, int]
    near: dict[str, int]
    crowded: int
    messages: list[BacktestedMessage]
