"""Bodies of requests about subtasks, and of what is answered."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, Field, model_validator

from services.support.tickets.schemas import Text
from shared.events.subtasks import SubtaskStatus
from shared.events.tickets import TicketStatus
from shared.events.values import ReportedInstant
from shared.http.staff import StaffId

Title = Annotated[Text, Field(max_length=500)]


class NewSubtask(BaseModel):
    """What has to be done. `assignee` is whose it is; `agent` who says so."""

    title: Title
    assignee: StaffId | None = None
    due_at: ReportedInstant | None = None
    agent: StaffId | None = None


class SubtaskPatch(BaseModel):
    """What is left out stays; an `assignee` of null is nobody, a `due_at` of null no time."""

    title: Title | None = None
    status: SubtaskStatus | None = None
    assignee: StaffId | None = None
    due_at: ReportedInstant | None = None
    agent: StaffId | None = None

    @model_validator(mode="after")
    def _standing(self) -> Self:
        for name in ("title", "status"):
            if name in self.model_fields_set and getattr(self, name) is None:
                raise ValueError(f"{name} cannot be null; leave it out and it stays")
        return self


class SubtaskView(BaseModel):
    """`title` is null once the customer was erased; `version` is the ETag to send as If-Match. `overdue_at` is when it
    was found, while open, that its time had passed.
    """

    id: UUID
    ticket_id: UUID
    title: str | None
    status: SubtaskStatus
    assignee: str | None
    due_at: datetime | None
    overdue_at: datetime | None
    version: int
    changed_by: str
    added_at: datetime
    changed_at: datetime


class TicketSubtasks(BaseModel):
    """Of a ticket and of those that were merged into it, in the order in which they were added."""

    items: list[SubtaskView]


class AgentSubtask(SubtaskView):
    """With the ticket that it is of."""

    ticket_number: int
    ticket_status: TicketStatus
