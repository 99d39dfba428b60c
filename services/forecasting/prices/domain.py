"""What a product should cost: what is known of it, what may be advised, and when that is worth saying."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from services.forecasting.copies.domain import Product
from services.forecasting.cuts.domain import instant
from services.forecasting.series.domain import PricedWeeks
from services.forecasting.standing import Changed, Told, renew
from shared.engine.event import Emission
from shared.events.insights import Contribution
from shared.events.money import MOST_MINOR, Money
from shared.events.suggestions import PriceSuggested

MODEL = "prices/1"
FEWEST_WEEKS = 26
RECENT_WEEKS = 13
_MATERIAL = 0.02
"""A suggestion that moved by less than this share of the price is the same one."""
_FARTHEST = 10
"""A described price so many times what is paid, or a part of it as small, is a slip of the pen."""

NoAdvice = Literal[
    "not_described",
    "price_unknown",
    "cost_unknown",
    "other_currency",
    "price_absurd",
    "cost_absurd",
    "units_absurd",
    "too_few_weeks",
    "too_few_units",
    "price_never_varied",
    "demand_untold",
    "below_floor",
    "gain_uncertain",
    "nothing_to_gain",
    "not_sold",
]


@dataclass(frozen=True, slots=True)
class Bounds:
    """At most `step` of the price away from it, and at least `margin` of the cost above the cost."""

    step: float
    margin: float


@dataclass(frozen=True, slots=True)
class Priced:
    """A product with what it sold a week and for how much, in the currency in which it sells most."""

    weeks: PricedWeeks
    currency: str
    category: tuple[str, ...] = ()
    price: int | None = None
    cost: int | None = None
    unfit: NoAdvice | None = None

    @property
    def sku(self) -> str:
        return self.weeks.sku


@dataclass(frozen=True, slots=True)
class PriceAdvice:
    """Amounts in minor units of `currency`; `suggested` is None where `none_because` says why. `gain` is a week's."""

    sku: str
    currency: str | None = None
    price: int | None = None
    none_because: str | None = None
    suggested: int | None = None
    floor: int | None = None
    elasticity: float | None = None
    elasticity_low: float | None = None
    elasticity_high: float | None = None
    gain: float | None = None
    gain_low: float | None = None
    gain_high: float | None = None
    contributions: tuple[Contribution, ...] = ()


ToldPrice = Told[PriceAdvice]


def priced(weeks: PricedWeeks, currency: str, product: Product | None) -> Priced:
    """The product as it is looked at, with the reason where its description alone forbids an advice."""
    if product is None:
        return Priced(weeks, currency, unfit="not_described")
    price, cost = product.price, product.cost
    return Priced(
        weeks,
        currency,
        product.category,
        price.minor if price and price.currency == currency else None,
        cost.minor if cost and cost.currency == currency else None,
        _unfit(weeks, currency, price, cost),
    )


def _unfit(weeks: PricedWeeks, currency: str, price: Money | None, cost: Money | None) -> NoAdvice | None:
    if price is None:
        return "price_unknown"
    if cost is None:
        return "cost_unknown"
    if price.currency != currency or cost.currency != currency:
        return "other_currency"
    units, revenue = sum(weeks.units[-RECENT_WEEKS:]), sum(weeks.revenue[-RECENT_WEEKS:])
    if not units > 0:
        return "not_sold"
    if (
        not 0 < price.minor <= MOST_MINOR // 2
        or not price.minor / _FARTHEST <= revenue / units <= price.minor * _FARTHEST
    ):
        return "price_absurd"
    return None if 0 <= cost.minor <= MOST_MINOR // 2 else "cost_absurd"


def decide(found: Sequence[PriceAdvice], standing: Mapping[str, ToldPrice], cut: date) -> Changed[PriceAdvice]:
    """What the cut makes of what stands."""
    return renew(MODEL, found, standing, cut, _differs, _not_sold)


def announce_price(told: ToldPrice, now: datetime) -> Emission:
    advice = told.advice
    assert told.suggestion_id is not None
    said = PriceSuggested(
        suggestion_id=told.suggestion_id,
        sku=advice.sku,
        cut=instant(told.cut),
        price=_money(advice.price, advice.currency),
        suggested=_money(advice.suggested, advice.currency),
        floor=_money(advice.floor, advice.currency),
        elasticity=advice.elasticity,
        elasticity_low=advice.elasticity_low,
        elasticity_high=advice.elasticity_high,
        gain=advice.gain,
        gain_low=advice.gain_low,
        gain_high=advice.gain_high,
        none_because=advice.none_because,
        contributions=list(advice.contributions),
        model=told.model,
        recorded_at=now,
        supersedes=told.supersedes,
    )
    return Emission(said, instant(told.cut), id=told.suggestion_id)


def read_told(said: PriceSuggested) -> ToldPrice:
    """A suggestion as our topic tells it."""
    advice = PriceAdvice(
        said.sku,
        said.price.currency if said.price else None,
        _minor(said.price),
        said.none_because,
        _minor(said.suggested),
        _minor(said.floor),
        said.elasticity,
        said.elasticity_low,
        said.elasticity_high,
        said.gain,
        said.gain_low,
        said.gain_high,
        tuple(said.contributions),
    )
    return Told(advice, said.cut.date(), said.model, said.suggestion_id, said.supersedes)


def _differs(before: PriceAdvice, now: PriceAdvice) -> bool:
    """Another price to begin with, or another one that is suggested."""
    assert before.suggested is not None
    assert now.suggested is not None
    began, begins = (before.price, before.currency), (now.price, now.currency)
    return began != begins or abs(before.suggested - now.suggested) > _MATERIAL * before.suggested


def _not_sold(before: PriceAdvice) -> PriceAdvice:
    return PriceAdvice(before.sku, before.currency, before.price, "not_sold")


def _minor(money: Money | None) -> int | None:
    return money.minor if money else None


def _money(minor: int | None, currency: str | None) -> Money | None:
    return None if minor is None or currency is None else Money(minor=minor, currency=currency)
