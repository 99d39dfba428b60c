"""Bodies of requests and answers about erasures."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from shared.events.erased import Exemption, Ground
from shared.events.values import FreeText

Staff = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00]*$")]


class ErasureBody(BaseModel):
    """Whom to forget, and why, which is kept until the party is erased. `ground` is that of article 17(1) of the GDPR,
    and stays; where none is stated none is assumed. `by` is who asks, where requests carry no token (`AUTH=off`).
    """

    model_config = ConfigDict(extra="forbid")

    party_id: UUID
    because: Annotated[FreeText, Field(min_length=1, max_length=1_000)]
    ground: Ground | None = None
    by: Staff | None = None


class DecisionBody(BaseModel):
    """`by` is who decides, where requests carry no token (`AUTH=off`)."""

    model_config = ConfigDict(extra="forbid")

    by: Staff | None = None


class DeclineBody(DecisionBody):
    """With the `exemption` of article 17(3) of the GDPR by which the request is refused; without one where it is taken
    back.
    """

    exemption: Exemption | None = None


class Confirmation(BaseModel):
    """What a service found of the party and has forgotten, by table or kind."""

    service: str
    forgotten: dict[str, int]
    event_id: str
    confirmed_at: datetime


class TopicFate(BaseModel):
    """By when a topic holds nothing personal of the party any more, and why."""

    topic: str
    gone_by: datetime
    because: str


class ErasureView(BaseModel):
    """An erasure, and once it is approved its certificate.

    `because` is empty once the party is erased: whoever wrote it may have named somebody; the `ground` stays. One that
    was declined with an `exemption` was refused by it. `found` counts what contacts emptied or removed, by table;
    `left` what stands there of it now. `parked` and `quarantined` records of the party were given up by `searched_at`.
    `waiting_for` are services that have not confirmed; it is `complete` once none is left. `lost` names fields that no
    topic told after a restore: they hold nothing, `requested_at` the time of the approval. `because` is one of them
    where it was asked for since the backup.
    """

    id: UUID
    party_id: UUID
    party_ids: list[UUID]
    state: Literal["requested", "approved", "declined"]
    because: str
    requested_by: str
    requested_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    found: dict[str, int]
    left: dict[str, int]
    parked: int
    quarantined: int
    searched_at: datetime | None
    lost: list[str] = []
    ground: Ground | None = None
    exemption: Exemption | None = None
    confirmations: list[Confirmation] = []
    waiting_for: list[str] = []
    topics: list[TopicFate] = []
    complete: bool = False
