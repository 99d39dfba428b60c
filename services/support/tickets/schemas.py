"""Bodies of what is asked of a ticket, and what is answered."""

from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field, StringConstraints, model_validator

from shared.events.tickets import TicketStatus, Waiting
from shared.events.values import Instant, ReportedInstant
from shared.http.staff import StaffId


def _with_words(text: str) -> str:
    if not text.strip():
        raise ValueError("an empty text says nothing")
    return text


# Postgres stores no NUL.
Text = Annotated[str, Field(min_length=1, max_length=100_000, pattern=r"^[^\x00]+$"), AfterValidator(_with_words)]

Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}$")]


class NewReply(BaseModel):
    """A `reply` is for the customer, a `note` for agents only."""

    text: Text
    kind: Literal["reply", "note"] = "reply"
    agent: StaffId | None = None


class Moving(BaseModel):
    """A pending ticket waits for its customer, for somebody in house, or `until` a time, at which it opens again."""

    status: Literal["new", "open", "pending", "resolved", "closed", "reopened", "spam"]
    waits_for: Waiting | None = None
    until: ReportedInstant | None = None

    @model_validator(mode="after")
    def _waiting(self) -> Self:
        if self.status != "pending" and (self.waits_for or self.until):
            raise ValueError("only a pending ticket waits for something")
        if (self.waits_for == "until") != (self.until is not None):
            raise ValueError("waits_for is until where, and only where, until says when")
        return self


class NewStatus(Moving):
    agent: StaffId | None = None


class NewMerge(BaseModel):
    """The ticket of the same customer in which this one goes on."""

    into: UUID
    agent: StaffId | None = None


class Undoing(BaseModel):
    agent: StaffId | None = None


class NewSplit(BaseModel):
    """Replies and messages that are a matter of their own; the subject is that of the first, unless it is given."""

    replies: Annotated[list[UUID], Field(min_length=1, max_length=1_000)]
    subject: Annotated[Text, Field(max_length=1_000)] | None = None
    agent: StaffId | None = None


class TicketState(BaseModel):
    """A ticket after an act; `version` is the ETag to send as If-Match."""

    id: UUID
    status: TicketStatus
    waits_for: Waiting | None
    until: Instant | None
    version: int
    allowed: list[TicketStatus]


class Written(TicketState):
    reply_id: UUID


class SplitOff(TicketState):
    """The ticket that was split, after it, and the new one."""

    into: UUID
    number: int
