"""Bodies of answers about customers' satisfaction."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel


class SurveyLink(BaseModel):
    """Where the customer answers, for the reply that asks them."""

    url: str
    expires_at: datetime


class Satisfaction(BaseModel):
    """What the customer said of a ticket, from 1 (not at all) to 5 (very). `agent` answered for it then."""

    ticket_id: UUID
    value: int
    agent: str | None
    source: Literal["link", "fact"]
    answered_at: datetime
