"""Campaigns as they are shown."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel


class Campaign(BaseModel):
    """The newest version of a campaign; `stopped_at` null: it is in force."""

    campaign: str
    version: int
    follow_up: bool
    priority: int
    definition_hash: str
    published_at: datetime
    stopped_at: datetime | None


class SampleText(BaseModel):
    """A text of a step as a sample customer would read it."""

    step: int
    template: str
    locale: str
    subject: str
    body: str


class CampaignDetail(Campaign):
    """With its definition, and its texts as they will look."""

    definition: dict[str, Any]
    texts: list[SampleText]
