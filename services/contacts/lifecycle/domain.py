"""The stages of a party, decided by when things happened and never by when contacts learnt of them.

discovery: the first fact that is no sale (a profile, choice, request, interaction, survey or consent; a refund belongs
to its sale and is neither). purchase: the first sale. post_purchase: the first engagement (a request, survey or
interaction) after that sale. A stage is entered at the earliest fact that qualifies, so an entry only ever moves to an
earlier one, and every order of arrival ends the same.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal

from services.contacts.parties.domain.party import STAGES, Entry, Lifecycle
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

Signal = Literal["sale", "engagement", "other"]
SIGNALS: Mapping[type, Signal] = {
    ReportedSale: "sale",
    ReportedRequest: "engagement",
    ReportedSurvey: "engagement",
    ReportedInteraction: "engagement",
    ReportedProfile: "other",
    ReportedChoice: "other",
    ReportedConsent: "other",
    ReportedWithdrawal: "other",
}
"""What a reported fact means for the stages."""


@dataclass(slots=True)
class Signals:
    """The facts of one party that may move its stages."""

    sales: list[Entry] = field(default_factory=list)
    engagements: list[Entry] = field(default_factory=list)
    others: list[Entry] = field(default_factory=list)

    def add(self, signal: Signal, entry: Entry) -> None:
        {"sale": self.sales, "engagement": self.engagements, "other": self.others}[signal].append(entry)


def ignores(lifecycle: Lifecycle, signal: Signal, at: datetime) -> bool:
    """Whether a fact can change nothing, neither now nor after any late fact."""
    if signal == "sale":
        return lifecycle.purchase is not None and at > lifecycle.purchase.at
    if lifecycle.discovery is None or at <= lifecycle.discovery.at:
        return False
    return signal == "other" or (lifecycle.post_purchase is not None and at > lifecycle.post_purchase.at)


def advance(before: Lifecycle, signals: Signals, waiting: Iterable[Entry]) -> tuple[Lifecycle, list[Entry]]:
    """The lifecycle after `signals`, and those of its engagements that an earlier sale, if one comes late, would need.

    `waiting` are the engagements that were so kept before; they matter only where there is a sale among `signals`.
    """
    discovery = _earliest((before.discovery, *signals.others, *signals.engagements))
    purchase = _earliest((before.purchase, *signals.sales))
    if purchase is None:
        return replace(before, discovery=discovery), signals.engagements
    known = (before.post_purchase, *signals.engagements, *waiting)
    later = [engagement for engagement in known if engagement and engagement.at > purchase.at]
    kept = [engagement for engagement in signals.engagements if engagement.at <= purchase.at]
    return Lifecycle(discovery, purchase, _earliest(later)), kept


def entered(before: Lifecycle, after: Lifecycle) -> list[tuple[str, Entry]]:
    """The stages that were entered or whose entries moved, in their order."""
    found = ((stage, getattr(after, stage)) for stage in STAGES)
    return [(stage, entry) for stage, entry in found if entry and entry != getattr(before, stage)]


def take_back(lifecycle: Lifecycle, stage: str, told: Entry) -> Lifecycle:
    """The lifecycle with an entry that was told before, unless an earlier one is known."""
    return replace(lifecycle, **{stage: _earliest((getattr(lifecycle, stage), told))})


def _earliest(entries: Iterable[Entry | None]) -> Entry | None:
    return min((entry for entry in entries if entry), default=None)
