"""What is shown of triage, and how an agent corrects it."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field

from services.support.tickets.schemas import Text
from shared.events.reasons import CodedReason
from shared.http.staff import StaffId

Urgency = Literal["low", "normal", "high"]


class TriageView(BaseModel):
    """`category` is null where the request is like nothing that the model knows; `agent` is who corrected it.

    `confidence` is how often such an answer was right when it was tried out. `because` says in codes what `reasons` say
    in English, in the same order; it is empty where it was decided before there were codes.
    """

    category: str | None
    confidence: float
    in_scope: bool
    urgency: Urgency
    sentiment: Literal["negative", "neutral", "positive"]
    language: str | None
    priority: Literal["low", "normal", "high", "urgent"]
    skills: list[str]
    reasons: list[str]
    because: list[CodedReason]
    model: int
    agent: str | None
    decided_at: datetime


class Correcting(BaseModel):
    """What the request is about, null where no category says it; the urgency stays where it is not given."""

    category: str | None
    urgency: Urgency | None = None


class Correction(Correcting):
    agent: StaffId | None = None


class Question(BaseModel):
    """A text to be triaged without making a ticket of it."""

    text: Text


class Answer(BaseModel):
    """What triage would say of a text now; `because` says in codes what `reasons` say in English."""

    category: str | None
    confidence: float
    in_scope: bool
    urgency: Urgency
    sentiment: Literal["negative", "neutral", "positive"]
    language: str | None
    priority: Literal["low", "normal", "high", "urgent"]
    skills: list[str]
    reasons: list[str]
    because: list[CodedReason]
    model: int


class ModelView(BaseModel):
    """A version of the model. It was right on `hits` of the `cases` whose category became known after its answer.

    Only the 10,000 tickets whose category became known last are looked at.
    """

    version: int
    state: Literal["shadow", "live", "retired"]
    seeds: str = Field(description="The hash of the categories and examples that it began with.")
    examples: int = Field(description="Tickets with a known category when it was trained.")
    features: str = Field(
        description="What it reads: `words`, or `words and sentences` with the package that makes their vectors."
    )
    trained_at: datetime
    cases: int
    hits: int


class CategoryView(BaseModel):
    name: str
    impact: int
    skills: list[str]
    examples: int


class CategoryList(BaseModel):
    items: list[CategoryView]
