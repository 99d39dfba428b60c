"""Figures of tickets as a manager reads them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal

BY = ("queue", "agent", "category", "channel")
Tone = Literal["good", "warn", "bad", "plain"]
_KEPT_WELL, _KEPT_BADLY = 0.9, 0.7
_SHOWN_BOUNDS = (900, 3_600, 14_400, 86_400, 604_800)
"""Of the bounds that support counts by, in seconds."""


@dataclass(frozen=True, slots=True)
class Within:
    """Which share of the tickets took no longer than so many seconds."""

    seconds: int
    share: float


@dataclass(frozen=True, slots=True)
class Days:
    """What came and what was resolved, day by day, the oldest first."""

    days: list[str]
    opened: list[int]
    resolved: list[int]


def within_of(spent: Mapping[str, Any]) -> list[Within]:
    """Nothing where no ticket has got that far."""
    if not spent["tickets"]:
        return []
    bounds = [(each["le_seconds"], each["tickets"]) for each in spent["histogram"]]
    return [
        Within(shown, sum(count for bound, count in bounds if bound is not None and bound <= shown) / spent["tickets"])
        for shown in _SHOWN_BOUNDS
    ]


def kept_of(figures: Mapping[str, Any]) -> float | None:
    """The share of all promises that were kept; None where none was due yet."""
    met = sum(each["met"] for each in figures["sla"].values())
    due = met + sum(each["breached"] for each in figures["sla"].values())
    return met / due if due else None


def tone_of(kept: float | None) -> Tone:
    if kept is None:
        return "plain"
    return "good" if kept >= _KEPT_WELL else "bad" if kept < _KEPT_BADLY else "warn"


def days_of(items: Iterable[Mapping[str, Any]], since: str, until: str) -> Days:
    """Every day from one to another, also those on which nothing happened."""
    found = {str(each["key"]): each for each in items}
    first, last = date.fromisoformat(since), date.fromisoformat(until)
    days = [(first + timedelta(days=number)).isoformat() for number in range((last - first).days + 1)]
    return Days(days, *([found[day][what] if day in found else 0 for day in days] for what in ("opened", "resolved")))
