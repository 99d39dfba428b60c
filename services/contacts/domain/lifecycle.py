"""The stages of a party, decided by when things happened and never by when they were heard.

discovery: the first fact that is no sale (a profile, choice, request, interaction, survey or consent; a refund belongs
to its sale and is neither). purchase: the first sale. post_purchase: the first request, survey or interaction after
that sale. A stage is entered at the earliest fact that qualifies, so an entry only ever moves to an earlier one, and
every order of arrival ends the same.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal, NamedTuple

from shared.events.ingest import (
    ReportedChoice,
    ReportedConsent,
    ReportedInteraction,
    ReportedProfile,
    ReportedRequest,
    ReportedSale,
    ReportedSurvey,
    ReportedWithdrawal,
)

STAGES = ("discovery", "purchase", "post_purchase")

Signal = Literal["sale", "care", "other"]
SIGNALS: Mapping[type, Signal] = {
    ReportedSale: "sale",
    ReportedRequest: "care",
    ReportedSurvey: "care",
    ReportedInteraction: "care",
    ReportedProfile: "other",
    ReportedChoice: "other",
    ReportedConsent: "other",
    ReportedWithdrawal: "other",
}
"""What a reported fact means for the stages; a care is what follows a sale."""


class Entry(NamedTuple):
    """What may open a stage: when it happened, and the id of the published event."""

    at: datetime
    event_id: str


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """The entry of each stage that was entered."""

    discovery: Entry | None = None
    purchase: Entry | None = None
    post_purchase: Entry | None = None

    @property
    def current(self) -> str:
        """The furthest stage entered, or `unknown`."""
        return next((stage for stage in reversed(STAGES) if getattr(self, stage)), "unknown")

    def ignores(self, signal: Signal, at: datetime) -> bool:
        """Whether a fact can change nothing, neither now nor after any late fact."""
        if signal == "sale":
            return self.purchase is not None and at > self.purchase.at
        if self.discovery is None or at <= self.discovery.at:
            return False
        return signal == "other" or (self.post_purchase is not None and at > self.post_purchase.at)


@dataclass(slots=True)
class Heard:
    """The facts of one party that its lifecycle did not ignore."""

    sale: list[Entry] = field(default_factory=list)
    care: list[Entry] = field(default_factory=list)
    other: list[Entry] = field(default_factory=list)

    def add(self, signal: Signal, entry: Entry) -> None:
        {"sale": self.sale, "care": self.care, "other": self.other}[signal].append(entry)


def advance(before: Lifecycle, heard: Heard, waiting: Iterable[Entry]) -> tuple[Lifecycle, list[Entry]]:
    """The lifecycle after `heard`, and those of its cares that an earlier sale, heard later, would need.

    `waiting` are the cares that were so kept before; they matter only if a sale was heard.
    """
    discovery = _earliest((before.discovery, *heard.other, *heard.care))
    purchase = _earliest((before.purchase, *heard.sale))
    if purchase is None:
        return replace(before, discovery=discovery), heard.care
    later = [care for care in (before.post_purchase, *heard.care, *waiting) if care and care.at > purchase.at]
    return Lifecycle(discovery, purchase, _earliest(later)), [care for care in heard.care if care.at <= purchase.at]


def entered(before: Lifecycle, after: Lifecycle) -> list[tuple[str, Entry]]:
    """The stages that were entered or whose entries moved, in their order."""
    found = ((stage, getattr(after, stage)) for stage in STAGES)
    return [(stage, entry) for stage, entry in found if entry and entry != getattr(before, stage)]


def _earliest(entries: Iterable[Entry | None]) -> Entry | None:
    return min((entry for entry in entries if entry), default=None)
