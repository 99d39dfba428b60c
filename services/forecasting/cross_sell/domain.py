"""What to offer a party next: what it buys again and again, and what goes with what it has."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

FEWEST_PARTIES = 50
"""Learnt from fewer, nothing can be told."""
FEWEST_BOTH = 10
"""The support floor: so many parties bought both products."""
_FEWEST_DAYS = 2
_FEWEST_REPEATS = 2
SHOWN = 10
"""Of each kind."""

Reason = Literal["bought_again", "goes_with"]


@dataclass(frozen=True, slots=True)
class Pair:
    """Of `parties`, `buyers` bought the first product, and `together` of these the other, `lift` times what chance
    says.
    """

    sku: str
    other: str
    parties: int
    buyers: int
    together: int
    lift: float
    chance: float

    @property
    def confidence(self) -> float:
        return self.together / self.buyers


@dataclass(frozen=True, slots=True)
class Bought:
    """A product of a party: on how many days it was bought, and when last."""

    sku: str
    days: int
    last: date


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a party: the days on which it bought, its products, and what must not be offered to it."""

    days: int
    products: Sequence[Bought]
    sent_back: Collection[str]
    disputed: Collection[str]
    urgent: int

    @property
    def has(self) -> set[str]:
        return {one.sku for one in self.products}

    @property
    def never(self) -> set[str]:
        """What is not offered, nor anything because of it."""
        return {*self.sent_back, *self.disputed}


@dataclass(frozen=True, slots=True)
class Offer:
    """`probability`: of its own purchase days the share with it, or of those who have `because_of` the share that has
    both.
    """

    sku: str
    reason: Reason
    probability: float
    because_of: str | None = None
    pair: Pair | None = None


@dataclass(frozen=True, slots=True)
class Advice:
    """The best first. Where there are none, `none_because` says why."""

    offers: Sequence[Offer]
    none_because: str | None = None


def advise(known: Known, pairs: Mapping[str, Sequence[Pair]], *, learnt: bool) -> Advice:
    """Repeats before what goes with them: who bought a thing often buys it again more surely than anything new."""
    if known.urgent:
        return Advice((), "an urgent request of the party is open")
    if known.days < _FEWEST_DAYS:
        return Advice((), f"the party bought on fewer than {_FEWEST_DAYS} days")
    never, has = known.never, known.has
    again = [
        Offer(one.sku, "bought_again", one.days / known.days)
        for one in known.products
        if one.days >= _FEWEST_REPEATS and one.sku not in never
    ]
    best: dict[str, Offer] = {}
    for one in known.products:
        for pair in () if one.sku in never else pairs.get(one.sku, ()):
            offer = Offer(pair.other, "goes_with", pair.confidence, one.sku, pair)
            known_best = best.get(pair.other)
            if pair.other not in has | never and (known_best is None or offer.probability > known_best.probability):
                best[pair.other] = offer
    offers = [*_sorted(again)[:SHOWN], *_sorted(best.values())[:SHOWN]]
    if offers:
        return Advice(offers)
    if not learnt:
        return Advice((), f"no products are known to go together: it takes {FEWEST_PARTIES} parties")
    return Advice((), "nothing was bought twice, and nothing goes with what was bought beyond chance")


def _sorted(offers: Collection[Offer]) -> list[Offer]:
    return sorted(offers, key=lambda one: (-one.probability, one.sku))
