"""Campaigns in force, and which of them a sale belongs to."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from services.marketing.catalogue.domain.definition import Content, Definition, Match, Step

Category = tuple[str, ...]
"""From the department down."""


@dataclass(frozen=True, slots=True)
class Campaign:
    """A definition in a version; enrolments keep the version that they began with."""

    definition: Definition
    version: int

    @property
    def name(self) -> str:
        return self.definition.name

    @property
    def follow_up(self) -> bool:
        return self.definition.follow_up

    @property
    def contents_ask_for_products(self) -> bool:
        return asks_for_products(content.when for step in self.definition.steps for content in step.content)

    def step(self, number: int) -> Step | None:
        """Counted from 1; None after the last."""
        steps = self.definition.steps
        return steps[number - 1] if number <= len(steps) else None

    def has_expired(self, occurred_at: datetime, recorded_at: datetime) -> bool:
        return recorded_at - occurred_at > self.definition.max_age


def ordered(campaigns: Iterable[Campaign]) -> list[Campaign]:
    """By priority, the highest first, then by name: the order in which follow-up campaigns may take a sale."""
    return sorted(campaigns, key=lambda campaign: (-campaign.definition.priority, campaign.name))


@dataclass(frozen=True, slots=True)
class Basket:
    """What campaigns and contents are chosen by. A product that nobody described has no category."""

    skus: Sequence[str]
    channel: str
    departments: frozenset[str]
    categories: frozenset[str]

    @classmethod
    def of(cls, skus: Sequence[str], channel: str, products: Mapping[str, Category]) -> "Basket":
        paths = [products[sku] for sku in skus if sku in products] if products else []
        departments = frozenset([path[0] for path in paths if path])
        return cls(skus, channel, departments, frozenset([category for path in paths for category in path]))


def matching(campaigns: Sequence[Campaign], basket: Basket) -> list[Campaign]:
    """Those that enrol a sale, of `campaigns` in their order: all that match, but of the follow-ups only the first."""
    chosen: list[Campaign] = []
    followed = False
    for campaign in campaigns:
        follow_up = campaign.definition.follow_up
        if not (follow_up and followed) and matches(campaign.definition.when, basket):
            chosen.append(campaign)
            followed = followed or follow_up
    return chosen


def matches(when: Match | None, basket: Basket) -> bool:
    if when is None:
        return True
    return (
        not (when.departments and basket.departments.isdisjoint(when.departments))
        and not (when.categories and basket.categories.isdisjoint(when.categories))
        and not (when.channels and basket.channel not in when.channels)
        and not (when.skus and not any(_names(pattern, sku) for sku in basket.skus for pattern in when.skus))
    )


def choose_content(step: Step, basket: Basket, *, repeat: bool) -> Content:
    """The first content that fits the sale; the last of a step fits every sale."""
    customer = "repeat" if repeat else "first"
    for content in step.content[:-1]:
        when = content.when
        if when is not None and when.customer in {None, customer} and matches(when, basket):
            return content
    return step.content[-1]


def asks_for_products(conditions: Iterable[Match | None]) -> bool:
    return any(when is not None and (when.departments or when.categories) for when in conditions)


def _names(pattern: str, sku: str) -> bool:
    return sku.startswith(pattern[:-1]) if pattern.endswith("*") else sku == pattern


def skus_of(sales: Iterable[Collection[str]]) -> list[str]:
    return sorted({sku for skus in sales for sku in skus})
