"""Bodies of answers about accepted facts."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel


class TextView(BaseModel):
    kind: Literal["summary", "answer", "evidence", "reason"]
    text: str


class TextsView(BaseModel):
    """What an event said in free text."""

    event_id: UUID
    party_id: UUID
    recorded_at: datetime
    texts: list[TextView]
