"""A certificate of an erasure as a page shows it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

STATES = ("requested", "approved", "declined")
GROUNDS = (
    "no_longer_necessary", "consent_withdrawn", "objection", "unlawful", "legal_obligation", "child_services", "other"
)  # fmt: skip
EXEMPTIONS = ("freedom_of_expression", "legal_obligation", "public_interest", "archiving", "legal_claims")


@dataclass(frozen=True, slots=True)
class Gone:
    """What a service found of somebody, by table or kind; `left` is what stands there now, `at` when it said so."""

    service: str
    found: list[tuple[str, int]]
    left: int
    at: str | None
    event_id: str | None


def summed(erasure: Mapping[str, Any]) -> list[Gone]:
    """Contacts first, where the erasure was approved, then everybody who confirmed it."""
    own = Gone(
        "contacts",
        _some(erasure["found"]),
        sum(erasure["left"].values()),
        erasure["decided_at"],
        None,
    )
    others = [
        Gone(each["service"], _some(each["forgotten"]), 0, each["confirmed_at"], each["event_id"])
        for each in erasure["confirmations"]
    ]
    return [own, *others]


def _some(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    return [(name, count) for name, count in sorted(counts.items()) if count]
