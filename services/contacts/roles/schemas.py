"""Bodies of requests and answers about the roles of parties."""

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from shared.events.values import Day, Role, Tidy


class RoleBody(BaseModel):
    """A role of the party, and since which day; today where it is left out."""

    model_config = ConfigDict(extra="forbid")

    role: Role
    since: Annotated[Day | None, Tidy] = None


class RoleEndBody(BaseModel):
    """The last day; today where it is left out."""

    model_config = ConfigDict(extra="forbid")

    on: Annotated[Day | None, Tidy] = None


class RoleView(BaseModel):
    """A time in which a party had a role; `since` null: not known since when. `party_id` is whom it was told of."""

    id: UUID
    party_id: UUID
    role: str
    since: date | None
    ended_on: date | None
