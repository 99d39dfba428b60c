"""Bodies of requests and answers about identities that people of the company move."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from shared.events.values import FreeText

Because = Annotated[FreeText, Field(min_length=1, max_length=1_000)]


class MoveBody(BaseModel):
    """The party that gets the identity, and why."""

    model_config = ConfigDict(extra="forbid")

    to: UUID
    because: Because


class SplitBody(BaseModel):
    """The identities of the other party, and why they are another's."""

    model_config = ConfigDict(extra="forbid")

    identities: Annotated[list[UUID], Field(min_length=1, max_length=100)]
    because: Because


class UndoBody(BaseModel):
    """Why it is taken back."""

    model_config = ConfigDict(extra="forbid")

    because: Because


class MoveView(BaseModel):
    """Identities that went from one party to another; `undone_by` is the move that took it back."""

    id: UUID
    kind: Literal["move", "split"]
    from_party_id: UUID
    to_party_id: UUID
    identity_ids: list[UUID]
    because: str
    moved_at: datetime
    undoes: UUID | None
    undone_by: UUID | None
