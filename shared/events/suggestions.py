"""Prices and orders on `crm.insights`: what forecasting suggests for a product, keyed by its SKU."""

from dataclasses import dataclass
from uuid import UUID

from shared.events.contract import contract
from shared.events.insights import INSIGHTS, Contribution
from shared.events.money import Money
from shared.events.values import Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class _Suggestion:
    """Said once a cut at most, and only where it changes materially; it takes the place of `supersedes`.

    `none_because`: there is no advice any more, and why. The first that is said of a product is one that has advice.
    """

    suggestion_id: UUID
    sku: str
    cut: Instant
    contributions: list[Contribution]
    model: str
    recorded_at: Instant
    supersedes: UUID | None = None
    none_because: str | None = None


@contract(INSIGHTS, "crm.price.suggested.v1", key="sku", subject="product/{sku}")
@dataclass(frozen=True, slots=True, kw_only=True)
class PriceSuggested(_Suggestion):
    """What a product should cost: `suggested` instead of `price`, not below `floor`, which is its cost and a margin.

    `gain` is what that earns more a week on average, in the minor unit of `price`; nineteen times out of twenty it lies
    between `gain_low` and `gain_high`. `elasticity`: by how much of itself the demand grows where the price grows by
    as much of itself.
    """

    price: Money | None = None
    suggested: Money | None = None
    floor: Money | None = None
    elasticity: float | None = None
    elasticity_low: float | None = None
    elasticity_high: float | None = None
    gain: float | None = None
    gain_low: float | None = None
    gain_high: float | None = None


@contract(INSIGHTS, "crm.reorder.suggested.v1", key="sku", subject="product/{sku}")
@dataclass(frozen=True, slots=True, kw_only=True)
class ReorderSuggested(_Suggestion):
    """When to order a product again, and how much: at `reorder_point` or below, `quantity` units, 0 while there is
    enough. What was ordered and has not come is to be taken off: nothing is known of it here.

    `demand` is expected within `days`, the lead time and the days until the next look; `reorder_point` suffices for it
    with the probability `service_level`. `stock` is what was said last, without what was sold on later days.
    `stock_out_risk`: the probability that it does not last until the next delivery.
    """

    reorder_point: int | None = None
    quantity: int | None = None
    stock: int | None = None
    days: int | None = None
    service_level: float | None = None
    demand: float | None = None
    demand_low: float | None = None
    demand_high: float | None = None
    stock_out_risk: float | None = None
