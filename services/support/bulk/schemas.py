"""One act on many tickets."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from services.support.canned.schemas import CannedName
from services.support.routing.schemas import Assigning
from services.support.tickets.schemas import Language, Moving
from services.support.triage.schemas import Correcting
from shared.http.staff import StaffId

ItemOutcome = Literal["waiting", "done", "refused", "failed", "stopped"]


class BulkMove(Moving):
    do: Literal["move"]


class BulkAssign(Assigning):
    do: Literal["assign"]


class BulkTriage(Correcting):
    do: Literal["triage"]


class BulkReply(BaseModel):
    """A reply for use again, or a note, filled in for each ticket; one for which a value is missing is refused."""

    do: Literal["reply"]
    canned: CannedName
    kind: Literal["reply", "note"] = "reply"
    language: Language | None = None


class BulkFollow(BaseModel):
    do: Literal["follow", "unfollow"]
    follower: StaffId


BulkAct = Annotated[BulkMove | BulkAssign | BulkTriage | BulkReply | BulkFollow, Field(discriminator="do")]


class BulkTicket(BaseModel):
    """With a `version`, only a ticket that has not changed since."""

    id: UUID
    version: Annotated[int, Field(ge=1, lt=2**31)] | None = None


class NewBulkAction(BaseModel):
    """A ticket that is named twice is acted on once."""

    tickets: Annotated[list[BulkTicket], Field(min_length=1, max_length=1_000)]
    act: BulkAct
    agent: StaffId | None = None


class BulkState(BaseModel):
    """How many tickets of it stand where; it is over when none is waiting."""

    id: UUID
    waiting: int
    done: int
    refused: int
    failed: int
    stopped: int


class BulkView(BulkState):
    act: BulkAct
    agent: str
    created_at: datetime


class BulkItem(BaseModel):
    """`version` is the ticket's after it; of what was refused, `reason` is a stable word.

    What `failed` met a fault of the program at every try: nothing of it was done, and `detail` names the fault.
    """

    place: int
    ticket_id: UUID
    outcome: ItemOutcome
    reason: str | None
    detail: str | None
    version: int | None
    settled_at: datetime | None
