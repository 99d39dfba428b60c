"""Bodies of requests and answers about parties that are one."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.contacts.parties.schemas import PartyState
from shared.events.values import FreeText

Because = Annotated[FreeText, Field(min_length=1, max_length=1_000)]
Picked = Literal["kind", "name", "address", "birth_date", "locale", "time_zone"]


class MergeBody(BaseModel):
    """The party that is merged into the one of the path, and why. Of `fields` the other one's value is shown; else the
    one of the path goes before, and the other fills what it does not say. A `dry_run` changes nothing.
    """

    model_config = ConfigDict(extra="forbid")

    other: UUID
    because: Because
    fields: Annotated[list[Picked], Field(max_length=6)] = []
    dry_run: bool = False


class UnmergeBody(BaseModel):
    """Why it is taken back."""

    model_config = ConfigDict(extra="forbid")

    because: Because


class Ambiguous(BaseModel):
    """What may be of either of two that were one: an identity that both carry, a field that was stated meanwhile."""

    what: Literal["identity", "field"]
    name: str


class MergeView(BaseModel):
    """A merge, or in a dry run what it would be, without an id. `result` is the survivor's description after it."""

    id: UUID | None
    into_party_id: UUID
    merged_party_id: UUID
    because: str
    automatic: bool
    fields: list[str]
    merged_at: datetime
    undone_at: datetime | None = None
    undone_because: str | None = None
    result: PartyState | None = None
    ambiguous: list[Ambiguous] = []
