"""What a programme's file may say."""

import hashlib
import json
from datetime import timedelta
from functools import cached_property
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from services.marketing.catalogue.domain.campaign import asks_for_products
from services.marketing.catalogue.domain.steps import Match, Name, Part
from shared.events.money import MOST_MINOR, Currency

MOST_POINTS = 10**12
"""No sale earns more: sums over millions of sales fit into the database and into every reader of JSON."""
Points = Annotated[int, Field(ge=0, le=1_000_000)]


class Amount(Part):
    """Minor units of a currency, which are never converted."""

    minor: Annotated[int, Field(ge=1, le=MOST_MINOR)]
    currency: Currency


class Earn(Part):
    """So many points for each full `per` of the sale; with `when`, of those of its lines that fit."""

    per: Amount
    points: Annotated[int, Field(ge=1, le=1_000_000)]
    when: Match | None = None


class Level(Part):
    """A tier, from so many qualifying points on. Its points are multiplied by `percent`, rounded down."""

    name: Name
    from_: Annotated[int, Field(alias="from", ge=0, le=MOST_MINOR)]
    percent: Annotated[int, Field(ge=0, le=10_000)] = 100


class Tiers(Part):
    """`flat`: a whole sale earns at the rate of the tier that the party had before it. `marginal`: each point earns at
    the rate of the tier into which it falls, so a sale that crosses a threshold has both rates.
    """

    mode: Literal["flat", "marginal"]
    levels: Annotated[tuple[Level, ...], Field(min_length=1, max_length=20)]

    @model_validator(mode="after")
    def _ascending(self) -> Self:
        thresholds = [level.from_ for level in self.levels]
        if thresholds != sorted(set(thresholds)):
            raise ValueError("each level begins with more points than the one before it")
        if len({level.name for level in self.levels}) < len(self.levels):
            raise ValueError("a tier is known by its name: two have the same")
        return self


class Programme(Part):
    """How sales earn points. A sale keeps the rules that it was read with, by their `hash`; tiers are the newest."""

    name: Name
    valid: Annotated[timedelta, Field(gt=timedelta(0), le=timedelta(days=36_600))] | None = None
    first_sale: Points = 0
    earn: Annotated[tuple[Earn, ...], Field(max_length=100)] = ()
    tiers: Tiers | None = None

    @cached_property
    def hash(self) -> str:
        return hashlib.sha256(self.text().encode()).hexdigest()

    @property
    def asks_for_products(self) -> bool:
        return asks_for_products(rule.when for rule in self.earn)

    def text(self) -> str:
        """What is stored: the same for the same rules."""
        document = self.model_dump(mode="json", by_alias=True)
        return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)

    def tier_of(self, qualifying: int) -> str | None:
        """None below the first level, and where there are no tiers."""
        reached = [level for level in (self.tiers.levels if self.tiers else ()) if level.from_ <= qualifying]
        return reached[-1].name if reached else None

    def is_better(self, previous: str | None, current: str | None) -> bool | None:
        """None where a tier is of another programme. Below the first level there is none, of which all are above."""
        levels = self.tiers.levels if self.tiers else ()
        ranks: dict[str | None, int] = {None: -1} | {level.name: rank for rank, level in enumerate(levels)}
        if previous not in ranks or current not in ranks:
            return None
        return ranks[current] > ranks[previous]
