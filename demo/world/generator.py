"""All facts of the demo, lazily and in the order in which they are sent."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush

from demo.world import facts, story
from demo.world.dice import Dice
from demo.world.facts import Fact
from demo.world.households import Household, make_household
from demo.world.journey import HOUSEHOLDS, Journey, Product

OPENS = datetime(2016, 12, 31, 12, tzinfo=UTC)  # the catalogue is sent before the first customer comes


@dataclass(frozen=True, slots=True)
class Scale:
    """How much of the data is told; the same seed and households make the same bytes."""

    households: int = HOUSEHOLDS
    seed: int = 2017


class Generator:
    """Iterate over it for the facts, the catalogue first. Holds the table of baskets and what is yet to come."""

    def __init__(self, scale: Scale) -> None:
        self.scale = scale
        self.journey = Journey(scale.households, scale.seed)
        self.products: dict[str, Product] = {product.sku: product for product in self.journey.products()}
        self.households = {
            number: make_household(number, first, scale.seed) for number, first in self.journey.first_baskets().items()
        }

    def __iter__(self) -> Iterator[Fact]:
        yield from self.catalogue()
        yield from self.year()

    def year(self) -> Iterator[Fact]:
        """What customers do, by the time of arrival."""
        coming = _Coming()
        for household in self.households.values():
            for fact in _profile(household):
                coming.add(fact)
        for basket in self.journey.baskets():
            yield from coming.until(basket.at)
            for fact in story.tell(self.households[basket.household], basket, self.products, self.scale.seed):
                coming.add(fact)
        yield from coming.until(datetime.max.replace(tzinfo=UTC))

    def catalogue(self) -> Iterator[Fact]:
        """A description of every product that is sold."""
        for turn, product in enumerate(self.products.values()):
            dice = Dice(self.scale.seed, "product", product.sku)
            at = OPENS + timedelta(milliseconds=100 * turn)
            yield facts.described(product, at, stock=dice.between(0, 400), lead_days=dice.between(1, 14))


def _profile(household: Household) -> Iterator[Fact]:
    if household.joins is None:
        return
    yield facts.profile(household, household.joins, household.address, 1)
    if household.moves:
        yield facts.profile(household, *household.moves, 2)
    if household.member_since and household.birth_date:
        yield facts.membership(household, household.member_since)
    for turn, (at, given) in enumerate(household.consents, start=1):
        yield facts.consent(household, at, turn, given=given)


class _Coming:
    """Facts that are to be sent later, by the time of sending; equal times keep the order of adding."""

    def __init__(self) -> None:
        self._heap: list[tuple[datetime, int, Fact]] = []
        self._added = 0

    def add(self, fact: Fact) -> None:
        heappush(self._heap, (fact.arrives, self._added, fact))
        self._added += 1

    def until(self, at: datetime) -> Iterator[Fact]:
        while self._heap and self._heap[0][0] < at:
            yield heappop(self._heap)[2]
