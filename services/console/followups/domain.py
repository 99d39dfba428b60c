"""The audit of follow-ups as a page shows it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

OUTCOMES = ("one", "waiting", "skipped", "unknown", "missing", "double")
Tone = Literal["good", "plain", "accent", "warn", "bad"]
_TONES: dict[str, Tone] = {
    "one": "good",
    "waiting": "accent",
    "skipped": "plain",
    "unknown": "warn",
    "missing": "bad",
    "double": "bad",
}


@dataclass(frozen=True, slots=True)
class Figure:
    """How many sales had this outcome; one that should not be there has no colour while there is none."""

    outcome: str
    sales: int
    tone: Tone


def figures_of(audit: Mapping[str, Any]) -> list[Figure]:
    """The six figures, which sum to the sales."""
    counts = {**audit, "skipped": sum(audit["skipped"].values())}
    return [Figure(outcome, counts[outcome], _TONES[outcome] if counts[outcome] else "plain") for outcome in OUTCOMES]


def reasons_of(audit: Mapping[str, Any]) -> list[tuple[str, int]]:
    """Why sales were skipped, the most frequent reason first."""
    return sorted(audit["skipped"].items(), key=lambda pair: (-pair[1], pair[0]))


def funnel_of(audit: Mapping[str, Any]) -> list[tuple[str, int]]:
    """From all sales to those that were followed up, by name; each step holds only sales of the step before."""
    matched = audit["sales"] - audit["skipped"].get("no_campaign", 0) - audit["missing"]
    decided = matched - audit["waiting"]
    allowed = audit["one"] + audit["unknown"] + audit["double"]
    return [
        ("sales", audit["sales"]),
        ("matched", matched),
        ("decided", decided),
        ("allowed", allowed),
        ("one", audit["one"]),
    ]
