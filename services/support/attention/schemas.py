"""Agents who follow tickets, and who look at one now."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from shared.events.tickets import TicketStatus

Doing = Literal["viewing", "writing"]


class TicketFollower(BaseModel):
    """`seen_version` is the version of the ticket that the agent has seen, 0 where that is not known."""

    agent: str
    since: datetime
    seen_version: int


class TicketFollowers(BaseModel):
    items: list[TicketFollower]


class FollowedTicket(BaseModel):
    """`is_news` says that something became of it since the agent saw it."""

    ticket_id: UUID
    number: int
    status: TicketStatus
    version: int
    seen_version: int
    is_news: bool
    changed_at: datetime


class NewViewer(BaseModel):
    """What somebody does with a ticket now; said again at least every half minute for as long as it is so.

    `seen_version` is the version that is shown to them.
    """

    doing: Doing = "viewing"
    seen_version: Annotated[int, Field(ge=1, lt=2**31)] | None = None


class TicketViewer(BaseModel):
    agent: str
    doing: Doing
    since: datetime


class TicketViewers(BaseModel):
    """Whoever said within the last 45 seconds that they are there, first come first."""

    items: list[TicketViewer]
