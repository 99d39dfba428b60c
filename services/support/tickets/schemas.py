"""Bodies of what is asked of a ticket, and what is answered."""

import re
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field, StringConstraints, model_validator

from shared.errors import Invalid
from shared.events.tickets import TicketStatus, Waiting
from shared.events.values import Instant, ReportedInstant
from shared.http.app import Principal


def _with_words(text: str) -> str:
    if not text.strip():
        raise ValueError("an empty text says nothing")
    return text


# Postgres stores no NUL; agents are named by staff ids, so that no name and no address gets onto a topic.
Text = Annotated[str, Field(min_length=1, max_length=100_000, pattern=r"^[^\x00]+$"), AfterValidator(_with_words)]
STAFF_ID = r"^[A-Za-z0-9._:-]{1,100}$"
Agent = Annotated[str, Field(pattern=STAFF_ID, description="A staff id; by default the token's subject.")]

Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}$")]


class NewReply(BaseModel):
    """A `reply` is for the customer, a `note` for agents only."""

    text: Text
    kind: Literal["reply", "note"] = "reply"
    agent: Agent | None = None


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
    agent: Agent | None = None


class NewMerge(BaseModel):
    """The ticket of the same customer in which this one goes on."""

    into: UUID
    agent: Agent | None = None


class Undoing(BaseModel):
    agent: Agent | None = None


class NewSplit(BaseModel):
    """Replies and messages that are a matter of their own; the subject is that of the first, unless it is given."""

    replies: Annotated[list[UUID], Field(min_length=1, max_length=1_000)]
    subject: Annotated[Text, Field(max_length=1_000)] | None = None
    agent: Agent | None = None


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


def agent_of(named: str | None, principal: Principal) -> str:
    """Who acts, as the topics may tell it. Raises Invalid where the token's subject is no staff id."""
    if named is None and re.fullmatch(STAFF_ID, principal.subject) is None:
        raise Invalid("the token's subject is no staff id, so name the agent", field="body.agent")
    return named or principal.subject
