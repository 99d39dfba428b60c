"""When a product is to be ordered again, and how much: what is known of it, and when that is worth saying."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from services.forecasting.copies.domain import Product
from services.forecasting.cuts.domain import instant
from services.forecasting.standing import Changed, Told, renew
from shared.engine.event import Emission
from shared.events.insights import Contribution
from shared.events.suggestions import ReorderSuggested

MODEL = "reorders/1"
KNOWN_DAYS = 364
"""What demand is learnt from, whole weeks."""
LONGEST_LEAD = 365
_STALE = timedelta(days=182)
_MATERIAL = 0.1
_MATERIAL_QUANTITY = 0.25
_MOST_STOCK = 1_000_000_000
"""More is a mark for "any number", which no shop has."""

NoAdvice = Literal[
    "not_described",
    "stock_unknown",
    "stock_outdated",
    "stock_absurd",
    "lead_time_unknown",
    "lead_time_absurd",
    "too_few_weeks",
    "units_absurd",
    "not_sold",
]


@dataclass(frozen=True, slots=True)
class Rules:
    """`service_level`: the probability with which a reorder point suffices. `review_days` lie between two looks."""

    service_level: float
    review_days: int


@dataclass(frozen=True, slots=True)
class Stocked:
    """A product with its units a day, oldest first, from its first sale on; `stock` is what should be there now.

    `unfit`: why nothing at all can be said; `uncounted`: why nothing can be said of the stock alone.
    """

    sku: str
    days: Sequence[float]
    lead_time_days: int | None = None
    stock: int | None = None
    unfit: NoAdvice | None = None
    uncounted: NoAdvice | None = None


@dataclass(frozen=True, slots=True)
class ReorderAdvice:
    """`quantity` is None where `none_because` says why; a reorder point may be known without."""

    sku: str
    none_because: str | None = None
    reorder_point: int | None = None
    quantity: int | None = None
    stock: int | None = None
    days: int | None = None
    service_level: float | None = None
    demand: float | None = None
    demand_low: float | None = None
    demand_high: float | None = None
    stock_out_risk: float | None = None
    contributions: tuple[Contribution, ...] = ()


ToldReorder = Told[ReorderAdvice]


def stocked(sku: str, days: Sequence[float], end: date, product: Product | None) -> Stocked:
    """The product as it is looked at, its days being those before `end`."""
    first = next((at for at, units in enumerate(days) if units > 0), None)
    if first is None:
        return Stocked(sku, (), unfit="not_sold")
    known = days[first:]
    if product is None:
        return Stocked(sku, known, unfit="not_described")
    lead = product.lead_time_days
    if lead is None:
        return Stocked(sku, known, unfit="lead_time_unknown")
    if lead > LONGEST_LEAD:
        return Stocked(sku, known, lead, unfit="lead_time_absurd")
    stock, uncounted = _count(days, end, product)
    return Stocked(sku, known, lead, stock, uncounted=uncounted)


def _count(days: Sequence[float], end: date, product: Product) -> tuple[int | None, NoAdvice | None]:
    """What should be there: what was said last, without what was sold on later days. Below zero are units that are
    owed; more of them than a year sells are none.
    """
    if product.stock is None or product.described_on is None:
        return None, "stock_unknown"
    if product.described_on < end - _STALE:
        return None, "stock_outdated"
    later = min(max((end - product.described_on).days - 1, 0), len(days))
    sold = sum(days[len(days) - later :])
    if product.stock > _MOST_STOCK or not -max(sum(days), 100.0) <= product.stock:
        return None, "stock_absurd"
    return (None, "units_absurd") if not abs(sold) <= _MOST_STOCK else (product.stock - round(sold), None)


def decide(found: Sequence[ReorderAdvice], standing: Mapping[str, ToldReorder], cut: date) -> Changed[ReorderAdvice]:
    """What the cut makes of what stands."""
    return renew(MODEL, found, standing, cut, _differs, _not_sold)


def _differs(before: ReorderAdvice, now: ReorderAdvice) -> bool:
    """Whether to order at all, by how much the reorder point moved, and how much is to be ordered."""
    assert before.quantity is not None
    assert now.quantity is not None
    if (before.quantity > 0) != (now.quantity > 0):
        return True
    return _moved(before.reorder_point or 0, now.reorder_point or 0, _MATERIAL) or _moved(
        before.quantity, now.quantity, _MATERIAL_QUANTITY
    )


def _not_sold(before: ReorderAdvice) -> ReorderAdvice:
    return ReorderAdvice(before.sku, "not_sold")


def _moved(before: int, now: int, share: float) -> bool:
    return abs(now - before) > max(1.0, share * abs(before))


def announce_reorder(told: ToldReorder, now: datetime) -> Emission:
    advice = told.advice
    assert told.suggestion_id is not None
    said = ReorderSuggested(
        suggestion_id=told.suggestion_id,
        sku=advice.sku,
        cut=instant(told.cut),
        reorder_point=advice.reorder_point,
        quantity=advice.quantity,
        stock=advice.stock,
        days=advice.days,
        service_level=advice.service_level,
        demand=advice.demand,
        demand_low=advice.demand_low,
        demand_high=advice.demand_high,
        stock_out_risk=advice.stock_out_risk,
        none_because=advice.none_because,
        contributions=list(advice.contributions),
        model=told.model,
        recorded_at=now,
        supersedes=told.supersedes,
    )
    return Emission(said, instant(told.cut), id=told.suggestion_id)


def read_told(said: ReorderSuggested) -> ToldReorder:
    """A suggestion as our topic tells it."""
    advice = ReorderAdvice(
        said.sku,
        said.none_because,
        said.reorder_point,
        said.quantity,
        said.stock,
        said.days,
        said.service_level,
        said.demand,
        said.demand_low,
        said.demand_high,
        said.stock_out_risk,
        tuple(said.contributions),
    )
    return Told(advice, said.cut.date(), said.model, said.suggestion_id, said.supersedes)
