"""What is shown of tickets. Texts are shown here and nowhere else."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel

from services.support.attention.schemas import TicketViewer
from services.support.mail.schemas import AttachmentView
from services.support.routing.schemas import AssignmentView
from services.support.sla.schemas import SlaView
from services.support.subtasks.schemas import SubtaskView
from services.support.triage.schemas import TriageView
from shared.events.tickets import LetterOutcome, TicketStatus, Waiting
from shared.events.values import Channel


class TicketLine(BaseModel):
    """A ticket in a list; `subject` is null where the request had none, and once the customer was erased.

    `request_event_id` is null where the ticket was split off another.
    """

    id: UUID
    number: int
    party_id: UUID
    request_event_id: str | None
    channel: Channel
    subject: str | None
    status: TicketStatus
    waits_for: Waiting | None
    until: datetime | None
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
    """One text of the thread; null where there were no words, and once the customer was erased.

    `suggests_split` says that a message has another subject than its ticket: it may be a matter of its own.
    `letter` is what became of a reply as an e-mail; null where it is none, or under way.
    """

    id: UUID
    kind: Literal["request", "reply", "note"]
    author: Literal["customer", "agent", "system"]
    agent: str | None
    at: datetime
    text: str | None
    subject: str | None = None
    channel: Channel | None = None
    suggests_split: bool = False
    request_event_id: str | None = None
    letter: LetterOutcome | None = None
    attachments: list[AttachmentView] = []


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

    The thread has the requests, of tickets that were merged into it too, and the newest replies, messages and notes;
    `earlier_replies` says that there are older ones, which `GET /v1/tickets/{id}/replies` lists.

    `followed_by` are tickets that continue it, `followers` agents who are told what becomes of it, and `viewers` those
    who look at it now.
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
    followers: list[str] = []
    viewers: list[TicketViewer] = []
    subtasks: list[SubtaskView] = []
    merged_into: UUID | None
    merged: list[Follower]
    split_from: UUID | None
    triage: TriageView | None
    sla: SlaView
    assignment: AssignmentView | None
