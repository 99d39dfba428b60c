"""Bodies of answers about what is missing of parties."""

from uuid import UUID

from pydantic import BaseModel

from shared.events.money import Currency
from shared.events.values import PartyKind


class MissingField(BaseModel):
    """A field that is not known, and what that means in words."""

    field: str
    words: str


class CompletenessView(BaseModel):
    """How complete what is known of a party is, in per cent; `missing` is by weight, `next` what to ask for."""

    party_id: UUID
    score: int
    missing: list[MissingField]
    next: str | None


class Bought(BaseModel):
    """What a party paid, net of refunds, in minor units; it may be beyond what one amount may be."""

    minor: int
    currency: Currency


class IncompleteView(CompletenessView):
    """A party of which something is missing; `bought` is null where it has bought nothing yet."""

    kind: PartyKind
    name: str | None
    bought: Bought | None
