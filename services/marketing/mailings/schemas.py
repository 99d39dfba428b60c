"""Mailings as they are shown."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel

from services.marketing.catalogue.schemas import DraftProblem


class CheckedMailing(BaseModel):
    """Whether a draft can become a mailing."""

    valid: bool
    mailing: str | None = None
    problems: list[DraftProblem] = []


class DraftedMailing(BaseModel):
    """A mailing that waits to be started; `version` is that of its text."""

    mailing: str
    version: int


class Mailing(BaseModel):
    """A mailing. `tested_at` null: no test letter of this version was taken.

    `frozen_at` null: its recipients are not written down yet. `ended_at` null: some have not ended.
    """

    mailing: str
    version: int
    segment: str
    per_minute: int
    state: Literal["draft", "running", "paused", "cancelled", "completed"]
    drafted_at: datetime
    tested_at: datetime | None
    started_at: datetime | None
    frozen_at: datetime | None
    ended_at: datetime | None


class MailingDetail(Mailing):
    """With how far it has come. The numbers sum to the recipients; `skipped` has them by reason.

    `waiting` were not released yet, `open` wait to be decided or written to, `cancelled` will never be released.
    """

    recipients: int
    waiting: int
    open: int
    sent: int
    skipped: dict[str, int]
    unknown: int
    cancelled: int


class MovedMailing(BaseModel):
    """`changed` false: it was so before."""

    mailing: str
    state: Literal["draft", "running", "paused", "cancelled", "completed"]
    changed: bool


class Recipient(BaseModel):
    """A party that the mailing is for, and what became of it. `written_to` is the party that it was merged into, if so.

    Of a skip `reason` is that of the message, or `same_address` or `merged`: another recipient was written to instead.
    """

    rank: int
    party_id: UUID
    written_to: UUID | None
    message_id: UUID | None
    released_at: datetime | None
    outcome: Literal["waiting", "open", "sent", "skipped", "unknown", "cancelled"]
    reason: str | None
