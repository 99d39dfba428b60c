"""The answer to a request before anybody has read it: category, urgency and priority, each with its reasons."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import get_args

from services.support.categories import UNKNOWN_IMPACT, Categories, Category
from services.support.classifier import Guess
from services.support.triage.domain.wording import Sentiment, Urgency, Wording
from shared.events.tickets import Priority

PRIORITIES: tuple[Priority, ...] = get_args(Priority)
_URGENCIES: Mapping[Urgency, int] = {"low": 1, "normal": 2, "high": 3}
_LEAST: tuple[tuple[float, Priority], ...] = ((9.0, "urgent"), (6.0, "high"), (2.5, "normal"), (0.0, "low"))
_VALUES: Mapping[str, float] = {"weekly": 1.5, "fortnightly": 1.25, "monthly": 1.1}
"""By the band of what forecasting expects of a customer; of everybody else it is 1."""


@dataclass(frozen=True, slots=True)
class Triage:
    """`category` is None where the request is like nothing that the model knows; then people say what it is.

    `reasons` may hold words of the request, and stay with the service.
    """

    category: str | None
    confidence: float
    in_scope: bool
    urgency: Urgency
    sentiment: Sentiment
    language: str | None
    priority: Priority
    skills: tuple[str, ...]
    reasons: tuple[str, ...]


def decide(
    guess: Guess | None, wording: Wording, categories: Categories, band: str | None, slack: float | None = None
) -> Triage:
    """`guess` is None where a request has no words. `slack` is the share of the time to a deadline that is left."""
    in_scope = guess is not None and guess.in_scope and guess.category in categories
    category = categories[guess.category] if in_scope and guess is not None else None
    priority, because = prioritise(category, wording.urgency, band, slack)
    skills = (*(category.skills if category else ()), *((f"language:{wording.language}",) if wording.language else ()))
    return Triage(
        category=category.name if category else None,
        confidence=guess.confidence if guess else 0.0,
        in_scope=in_scope,
        urgency=wording.urgency,
        sentiment=wording.sentiment,
        language=wording.language,
        priority=priority,
        skills=skills,
        reasons=(_why_category(guess, category), *_why_wording(wording), because),
    )


def prioritise(
    category: Category | None, urgency: Urgency, band: str | None, slack: float | None = None
) -> tuple[Priority, str]:
    """Impact, urgency, the customer's value and how little time is left, multiplied, and how it came to that."""
    impact = category.impact if category else UNKNOWN_IMPACT
    value = _VALUES.get(band or "", 1.0)
    haste = 1.0 if slack is None else 2.0 if slack <= 0 else 1.5 if slack < 0.25 else 1.0
    score = impact * _URGENCIES[urgency] * value * haste
    priority = next(name for least, name in _LEAST if score >= least)
    parts = f"impact {impact} * urgency {_URGENCIES[urgency]} * customer {value:g} * time left {haste:g} = {score:g}"
    return priority, f"priority {priority}: {parts}"


def _why_category(guess: Guess | None, category: Category | None) -> str:
    if guess is None:
        return "no category: the request has no words"
    words = ", ".join(guess.words) or "its characters"
    if category is None:
        return f"no category: it is unlike what the model knows; nearest is {guess.category} by {words}"
    return f"category {category.name} by {words}; such answers were right {guess.confidence:.0%} of the time"


def _why_wording(wording: Wording) -> tuple[str, ...]:
    found = []
    if wording.urgency != "normal":
        found.append(f"urgency {wording.urgency}" + (f" by {', '.join(wording.urgent)}" if wording.urgent else ""))
    if wording.sentiment != "neutral":
        found.append(f"sentiment {wording.sentiment} by {', '.join(wording.felt)}")
    if wording.mixed:
        found.append("two languages are mixed")
    return tuple(found)
