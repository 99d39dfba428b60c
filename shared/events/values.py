"""Values that several contracts share."""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import AwareDatetime, BeforeValidator, Field

from shared.events.money import Money

Channel = Literal["web", "email", "mailing", "phone", "social", "chat", "sms", "in_person"]
PartyKind = Literal["person", "organisation"]
IdentityType = Literal["external", "email", "phone"]
Sku = Annotated[str, Field(min_length=1, max_length=100)]
OutsideId = Annotated[str, Field(min_length=1, max_length=200)]
Quantity = Annotated[int, Field(gt=0, le=1_000_000)]
Instant = AwareDatetime


def _blank_to_none(value: object) -> object:
    return None if isinstance(value, str) and not value.strip() else value


BlankIsNone = BeforeValidator(_blank_to_none)
"""For an optional text: null, empty, blank and absent mean the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One product of a sale. `discount` is for the whole line, in the sale's currency."""

    sku: Sku
    quantity: Quantity
    unit_price: Money
    discount: Money | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnedLine:
    """One product that came back."""

    sku: Sku
    quantity: Quantity


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityUsed:
    """By which identity a fact found its party: the kind and our id of it, never the value."""

    type: IdentityType
    id: str
