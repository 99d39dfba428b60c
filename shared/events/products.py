"""`crm.products`: what outside systems say of products, compacted, keyed by SKU."""

from dataclasses import dataclass, field
from typing import Annotated

from pydantic import Field

from shared.events.contract import contract
from shared.events.money import Money
from shared.events.topic import topic
from shared.events.values import FreeText, Sku

PRODUCTS = topic(
    "crm.products",
    owner=None,
    about="What outside systems say of products.",
    cleanup="compact",
    key="the SKU",
)


@contract(PRODUCTS, "crm.product.described.v1", key="sku", subject="product/{sku}")
@dataclass(frozen=True, slots=True, kw_only=True)
class ProductDescribed:
    """The newest description of a product; `category` is a path from the department down, lead time in days."""

    sku: Sku
    name: Annotated[FreeText, Field(max_length=300)]
    category: list[Annotated[FreeText, Field(max_length=100)]] = field(default_factory=list)
    price: Money | None = None
    cost: Money | None = None
    stock: Annotated[int, Field(strict=True, ge=-(2**31), lt=2**31)] | None = None
    lead_time_days: Annotated[int, Field(strict=True, ge=0, le=10_000)] | None = None
