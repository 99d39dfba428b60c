"""What is shown of mails."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel

Unpassed = Literal["held", "auto", "bounce"]


class MailLine(BaseModel):
    """A mail that became no request: `held` of a sender who writes too much, `auto` by no
    person, or a bounce.
    """

    id: UUID
    kind: Unpassed
    sender: str | None
    subject: str | None
    body: str | None
    written_at: datetime
    received_at: datetime


class AttachmentView(BaseModel):
    """A file that came with a message; where it was `refused`, it is not kept, and `media_type` is what was claimed."""

    mail_id: UUID
    place: int
    name: str
    media_type: str
    size: int
    refused: Literal["too_large", "type_not_allowed", "type_mismatch", "too_many"] | None


class Taken(BaseModel):
    """What became of a mail; `known` where it was here already."""

    id: UUID
    outcome: Literal["request", "held", "auto", "bounce", "known"]
