"""Bodies of requests and answers about what parties are to each other."""

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from shared.events.values import Day, RelationKind, Tidy


class RelationBody(BaseModel):
    """What the party of the path is to the party `to`, and since which day."""

    model_config = ConfigDict(extra="forbid")

    kind: RelationKind
    to: UUID
    since: Annotated[Day | None, Tidy] = None


class EndBody(BaseModel):
    """The last day; today where it is left out."""

    model_config = ConfigDict(extra="forbid")

    on: Annotated[Day | None, Tidy] = None


class RelationView(BaseModel):
    """`from_party_id` is this to `to_party_id`, as it was told. Whom parties go on as that were merged into others,
    `from_now` and `to_now` say.
    """

    id: UUID
    kind: RelationKind
    from_party_id: UUID
    to_party_id: UUID
    from_now: UUID
    to_now: UUID
    since: date | None
    ended_on: date | None
