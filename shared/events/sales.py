"""`crm.sales`: choices, sales and refunds of known parties, keyed by party. (`origin`, `sale_id`) names a sale."""

from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID

from shared.events.contract import contract
from shared.events.money import Money
from shared.events.values import Channel, IdentityUsed, Instant, Line, ReturnedLine

SALES = "crm.sales"


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
    """The party bought; the event's id is the trigger of follow-ups."""

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


@contract(SALES, "crm.sale.refunded.v1", key="party_id", subject="sale/{sale_id}")
@dataclass(frozen=True, slots=True, kw_only=True)
class SaleRefunded:
    """All or part of a sale was paid back; it may arrive before the sale. `total` is what was paid back, positive."""

    party_id: UUID
    party_version: int
    sale_id: str
    total: Money
    recorded_at: Instant
    origin: str
    lines: list[ReturnedLine] = field(default_factory=list)
    reason: str | None = None
    identity_used: IdentityUsed | None = None
