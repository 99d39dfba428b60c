"""Campaigns as they are shown."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

ContentType = Literal["announcement", "newsletter", "survey", "video", "tutorial", "transactional"]


class Campaign(BaseModel):
    """The newest version of a campaign; `stopped_at` null: it is in force."""

    campaign: str
    version: int
    type: ContentType
    follow_up: bool
    priority: int
    definition_hash: str
    published_at: datetime
    stopped_at: datetime | None


class Draft(BaseModel):
    """A campaign's file as it was written, and the templates that it names, each by its file's name."""

    model_config = ConfigDict(extra="forbid")

    text: Annotated[str, Field(max_length=200_000)]
    file: Annotated[str, Field(max_length=200)] = "campaign.yaml"
    templates: Annotated[dict[str, Annotated[str, Field(max_length=60_000)]], Field(max_length=200)] = {}


class DraftProblem(BaseModel):
    """What is wrong with a field of a draft; lines count from 1."""

    file: str
    line: int
    field: str
    message: str


class Checked(BaseModel):
    """Whether a draft can be published. `events` are those that start, move or end an enrolment."""

    valid: bool
    campaign: str | None = None
    type: ContentType | None = None
    events: list[str] = []
    problems: list[DraftProblem] = []


class FieldChange(BaseModel):
    """A field by its path; null stands for what is not there."""

    field: str
    before: Any
    after: Any


class Difference(BaseModel):
    """How a draft differs from what is in force under its name."""

    campaign: str
    changes: list[FieldChange]


class PublishedCampaign(BaseModel):
    """`changed` false: the same was in force already."""

    campaign: str
    version: int
    changed: bool


class StoppedCampaign(BaseModel):
    """`changed` false: it was stopped already."""

    campaign: str
    changed: bool


class SampleText(BaseModel):
    """A text of a step as a sample customer would read it."""

    step: int
    template: str
    locale: str
    subject: str
    body: str
    html: str | None = None


class CampaignDetail(Campaign):
    """With its definition, and its texts as they will look."""

    definition: dict[str, Any]
    texts: list[SampleText]
