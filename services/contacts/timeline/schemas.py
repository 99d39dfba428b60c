"""Bodies of answers about the timeline."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict


class PublishedEvent(BaseModel):
    """An event as it was published: CloudEvents 1.0 in the JSON format. `subject`, `correlationid` and others are there
    where the record has them.
    """

    model_config = ConfigDict(extra="allow")

    specversion: str
    id: str
    source: str
    type: str
    time: datetime
    subject: str | None = None
    sequence: str | None = None
    partitionkey: str | None = None
    dataschema: str | None = None
    correlationid: str | None = None
    causationid: str | None = None
    datacontenttype: str = "application/json"
    data: dict[str, Any]


class LineView(BaseModel):
    """What happened, without what is personal; `summary` is what the event says."""

    event_id: str
    type: str
    source: str
    occurred_at: datetime
    recorded_at: datetime
    summary: dict[str, Any]
