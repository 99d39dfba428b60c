"""Bodies of answers about the timeline."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel


class LineView(BaseModel):
    """What happened, without what is personal; `summary` is what the event says."""

    event_id: str
    type: str
    source: str
    occurred_at: datetime
    recorded_at: datetime
    summary: dict[str, Any]
