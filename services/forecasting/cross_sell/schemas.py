"""Bodies of answers about what to offer."""

from datetime import date
from uuid import UUID

from pydantic import BaseModel


class OfferView(BaseModel):
    """`probability`: of the party's purchase days the share with the product (`bought_again`), or of those who bought
    `because_of` the share that bought this too (`goes_with`): `together` of `buyers`, `lift` times what chance has.
    """

    sku: str
    reason: str
    probability: float
    because_of: str | None = None
    buyers: int | None = None
    together: int | None = None
    lift: float | None = None
    chance: float | None = None


class AdviceView(BaseModel):
    """Repeats first, then what goes with them, the surest first. `none_because` says why there is no advice."""

    party_id: UUID
    trained_until: date | None
    offers: list[OfferView]
    none_because: str | None
