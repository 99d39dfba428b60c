"""Lists of tickets that are kept under a name."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from services.support.routing.schemas import Name
from shared.events.tickets import Priority, TicketStatus
from shared.events.values import Channel
from shared.http.staff import StaffId

OPEN: tuple[TicketStatus, ...] = ("new", "open", "reopened", "pending")
Title = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100, pattern=r"^[^\x00-\x1f]+$")
]


class Filters(BaseModel):
    """A ticket has to fit all that are given; of one that is a list, any of its words.

    `mine` are those that the reader answers for, `followed` those that they follow; a view is read by its reader.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    statuses: Annotated[tuple[TicketStatus, ...], Field(min_length=1, max_length=8)] = OPEN
    queues: Annotated[tuple[Name, ...], Field(max_length=50)] = ()
    agents: Annotated[tuple[StaffId, ...], Field(max_length=50)] = ()
    channels: Annotated[tuple[Channel, ...], Field(max_length=8)] = ()
    categories: Annotated[tuple[Name, ...], Field(max_length=100)] = ()
    priorities: Annotated[tuple[Priority, ...], Field(max_length=4)] = ()
    mine: bool = False
    unassigned: bool = False
    followed: bool = False

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.unassigned and (self.mine or self.agents):
            raise ValueError("a ticket that nobody answers for is of no agent")
        return self


class ViewDefinition(BaseModel):
    """`queue` shares it with everybody of a queue; without one it is its owner's alone."""

    name: Title
    queue: Name | None = None
    filters: Filters = Filters()
    agent: StaffId | None = None


class ViewVersion(BaseModel):
    """`version` is the ETag to send as If-Match."""

    id: UUID
    version: int


class SavedView(ViewVersion):
    name: str
    owner: str
    queue: str | None
    filters: Filters
    changed_at: datetime
