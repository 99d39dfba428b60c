"""`crm.sales`: choices, sales, amendments and refunds of known parties, keyed by party.

(`origin`, `sale_id`) names a sale.
"""

from dataclasses import dataclass, field
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from shared.events.contract import contract
from shared.events.money import Money
from shared.events.topic import topic
from shared.events.values import Channel, IdentityUsed, Instant, Line, ReturnedLine

SALES = topic(
    "crm.sales",
    owner="contacts",
    about="Choices, sales, their amendments and refunds of known parties.",
    cleanup="keep",
)
REASON_WORD = r"^[A-Za-z0-9_.:/-]{1,40}$"


@contract(SALES, "crm.product.chosen.v1", key="party_id", subject="party/{party_id}")
@dataclass(frozen=True, slots=True, kw_only=True)
class ProductChosen:
    """The party looked at, put aside or asked for a product."""

    party_id: UUID
    party_version: int
    sku: str
    channel: Channel
    intent: Literal["viewed", "carted", "requested"]
    recorded_at: Instant
    origin: str
    identity_used: IdentityUsed | None = None


@contract(SALES, "crm.sale.completed.v1", key="party_id", subject="sale/{sale_id}")
@dataclass(frozen=True, slots=True, kw_only=True)
class SaleCompleted:
    """The party bought; the event's id is the trigger of follow-ups.

    `device`, `card_hash` and `ship_to` are HMACs of what the sender named: equal ones are of the same device, card and
    address, and nothing else can be told from them.
    """

    party_id: UUID
    party_version: int
    sale_id: str
    channel: Channel
    total: Money
    lines: list[Line]
    recorded_at: Instant
    origin: str
    store: str | None = None
    identity_used: IdentityUsed | None = None
    subtotal: Money | None = None
    tax: Money | None = None
    shipping: Money | None = None
    discounts: Money | None = None
    coupon: str | None = None
    device: str | None = None
    card_hash: str | None = None
    ship_to: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SaleState:
    """What held of a sale in one revision, as far as sums are made of it."""

    revision: int
    channel: Channel
    total: Money
    lines: list[Line]
    store: str | None = None


@contract(SALES, "crm.sale.amended.v1", key="party_id", subject="sale/{sale_id}", minor=1)
@dataclass(frozen=True, slots=True, kw_only=True)
class SaleAmended:
    """The sale is another than was told: the whole of it, and in `replaces` what held until now.

    Who adds sales up takes off what it replaces, on the day of `sold_at`, and adds what it says. `replaces` is null
    where the sale had been cancelled. `sale_event_id` is the `ce_id` of its `sale.completed`, which came before.
    """

    party_id: UUID
    party_version: int
    sale_id: str
    revision: int
    channel: Channel
    total: Money
    lines: list[Line]
    sold_at: Instant
    sale_event_id: UUID
    replaces: SaleState | None
    recorded_at: Instant
    origin: str
    store: str | None = None
    identity_used: IdentityUsed | None = None
    subtotal: Money | None = None
    tax: Money | None = None
    shipping: Money | None = None
    discounts: Money | None = None
    coupon: str | None = None


@contract(SALES, "crm.sale.cancelled.v1", key="party_id", subject="sale/{sale_id}", minor=1)
@dataclass(frozen=True, slots=True, kw_only=True)
class SaleCancelled:
    """The sale came to nothing; `replaces` is what held until now, null where it had been cancelled before.

    `reason` is a word of the sender's; a sentence stays with contacts, and `has_text` says so.
    """

    party_id: UUID
    party_version: int
    sale_id: str
    revision: int
    sold_at: Instant
    sale_event_id: UUID
    replaces: SaleState | None
    recorded_at: Instant
    origin: str
    reason: Annotated[str, Field(pattern=REASON_WORD)] | None = None
    has_text: bool = False
    identity_used: IdentityUsed | None = None


@contract(SALES, "crm.sale.refunded.v1", key="party_id", subject="sale/{sale_id}")
@dataclass(frozen=True, slots=True, kw_only=True)
class SaleRefunded:
    """All or part of a sale was paid back; it may arrive before the sale. `total` is what was paid back, positive.

    `reason` is a word of the sender's such as `damaged`; a sentence stays with contacts, and `has_text` says so.
    """

    party_id: UUID
    party_version: int
    sale_id: str
    total: Money
    recorded_at: Instant
    origin: str
    lines: list[ReturnedLine] = field(default_factory=list)
    reason: Annotated[str, Field(pattern=REASON_WORD)] | None = None
    has_text: bool = False
    identity_used: IdentityUsed | None = None


OfSales = SaleCompleted | SaleAmended | SaleCancelled | SaleRefunded
"""What adds up to what parties bought."""
