"""Bodies of requests and answers about tickets. Texts are shown here and nowhere else."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field

from shared.events.tickets import TicketStatus
from shared.events.values import Channel


def _with_words(text: str) -> str:
    if not text.strip():
        raise ValueError("an empty text says nothing")
    return text


# Postgres stores no NUL; agents are named by staff ids, so that no name and no address gets onto a topic.
Text = Annotated[str, Field(min_length=1, max_length=100_000, pattern=r"^[^\x00]+$"), AfterValidator(_with_words)]
STAFF_ID = r"^[A-Za-z0-9._:-]{1,100}$"
Agent = Annotated[str, Field(pattern=STAFF_ID, description="A staff id; by default the token's subject.")]


class NewReply(BaseModel):
    """A `reply` is for the customer, a `note` for agents only."""

    text: Text
    kind: Literal["reply", "note"] = "reply"
    agent: Agent | None = None


class NewStatus(BaseModel):
    status: TicketStatus
    agent: Agent | None = None


class TicketLine(BaseModel):
    """A ticket in a list; `subject` is null where the request had none, and once the customer was erased."""

    id: UUID
    number: int
    party_id: UUID
    request_event_id: str
    channel: Channel
    subject: str | None
    status: TicketStatus
    version: int
    follows: UUID | None
    opened_at: datetime
    changed_at: datetime


class Customer(BaseModel):
    """The newest copy of who asked; `merged_into` is set where the party goes on as another."""

    party_id: UUID
    name: str | None
    locale: str | None
    merged_into: UUID | None
    erased: bool


class Entry(BaseModel):
    """One text of the thread; null where the request had no words, and once the customer was erased."""

    id: UUID
    kind: Literal["request", "reply", "note"]
    author: Literal["customer", "agent"]
    agent: str | None
    at: datetime
    text: str | None


class Step(BaseModel):
    """One change of status, under the version that it led to."""

    version: int
    previous: TicketStatus
    status: TicketStatus
    agent: str | None
    changed_at: datetime


class Follower(BaseModel):
    id: UUID
    number: int


class TicketView(TicketLine):
    """A whole ticket: the thread with its texts, oldest first, and what may become of it.

    The thread has the request and the newest replies and notes; `earlier_replies` says that there are older ones, which
    `GET /v1/tickets/{id}/replies` lists.
    """

    customer: Customer
    locale: str | None
    sku: str | None
    sale_id: str | None
    origin: str
    recorded_at: datetime
    allowed: list[TicketStatus]
    thread: list[Entry]
    earlier_replies: bool
    history: list[Step]
    followed_by: list[Follower]


class TicketState(BaseModel):
    """A ticket after an act; `version` is the ETag to send as If-Match."""

    id: UUID
    status: TicketStatus
    version: int
    allowed: list[TicketStatus]


class Written(TicketState):
    reply_id: UUID
