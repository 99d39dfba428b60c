"""Campaigns in force, and which of them a sale belongs to."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from uuid import UUID

from services.marketing.catalogue.domain.definition import Definition
from services.marketing.catalogue.domain.steps import Content, Match, Send, Share

Category = tuple[str, ...]
"""From the department down."""


@dataclass(frozen=True, slots=True)
class Campaign:
    """A definition in a version; enrolments keep the version that they began with.

    One that is not `in_force` enrols nobody, and has enrolments that go on, unless `stopped_by` is the event that
    stopped them too.
    """

    definition: Definition
    version: int
    in_force: bool = True
    stopped_by: str | None = None

    @property
    def name(self) -> str:
        return self.definition.name

    @property
    def follow_up(self) -> bool:
        return self.definition.follow_up

    @property
    def contents_ask_for_products(self) -> bool:
        return asks_for_products(content.when for step in self.definition.sends.values() for content in step.content)

    @property
    def is_flow(self) -> bool:
        return self.definition.is_flow

    @property
    def takes_sales(self) -> bool:
        """Whether a sale that it fits is enrolled when it is read; every other flow is started by its trigger."""
        return self.in_force and (self.follow_up or not self.is_flow)

    def holds_out(self, party: UUID) -> bool:
        """Whether this party is never written to, so that it can be compared with the others."""
        percent = self.definition.holdout
        return percent is not None and place_of_party(party, self.name, 0) < percent

    def send(self, number: int) -> Send | None:
        """The message of a step, counted from 1; None where it sends none, and after the last."""
        return self.definition.sends.get(number)

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


def share_of(party: UUID, campaign: str, step: int, shares: Sequence[Share]) -> Share | None:
    """The share of a party, always the same one; None where it is among those who are left over."""
    place = place_of_party(party, campaign, step)
    for share in shares:
        if place < share.percent:
            return share
        place -= share.percent
    return None


def place_of_party(party: UUID, campaign: str, step: int) -> int:
    """From 0 to 99, by chance, and always the same."""
    drawn = blake2b(f"{campaign}\x1f{step}\x1f{party}".encode(), digest_size=8).digest()
    return int.from_bytes(drawn) % 100


def choose_content(step: Send, basket: Basket, *, repeat: bool) -> Content:
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
