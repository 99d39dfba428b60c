"""The answer to a request before anybody has read it: category, urgency and priority, each with its reasons."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import get_args

from services.support.categories import UNKNOWN_IMPACT, Categories, Category
from services.support.classifier import Guess
from services.support.reasons import reason
from services.support.triage.domain.wording import Sentiment, Urgency, Wording
from shared.events.reasons import CodedReason
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
    reasons: tuple[CodedReason, ...]


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
) -> tuple[Priority, CodedReason]:
    """Impact, urgency, the customer's value and how little time is left, multiplied, and how it came to that."""
    impact = category.impact if category else UNKNOWN_IMPACT
    value = _VALUES.get(band or "", 1.0)
    haste = 1.0 if slack is None else 2.0 if slack <= 0 else 1.5 if slack < 0.25 else 1.0
    weight = _URGENCIES[urgency]
    score = impact * weight * value * haste
    priority = next(name for least, name in _LEAST if score >= least)
    because = reason(
        "priority", priority=priority, impact=impact, urgency=weight, value=value, haste=haste, score=score
    )
    return priority, because


def _why_category(guess: Guess | None, category: Category | None) -> CodedReason:
    if guess is None:
        return reason("no_words")
    wordless, words = ("", {"words": ", ".join(guess.words)}) if guess.words else ("_wordless", {})
    if category is None:
        return reason(f"unlike_known{wordless}", nearest=guess.category, **words)
    return reason(f"category{wordless}", category=category.name, share=guess.confidence, **words)


def _why_wording(wording: Wording) -> tuple[CodedReason, ...]:
    found = []
    if wording.urgency != "normal" and wording.urgent:
        found.append(reason("urgency_by_words", urgency=wording.urgency, words=", ".join(wording.urgent)))
    elif wording.urgency != "normal":
        found.append(reason("urgency", urgency=wording.urgency))
    if wording.sentiment != "neutral":
        found.append(reason("sentiment", sentiment=wording.sentiment, words=", ".join(wording.felt)))
    if wording.mixed:
        found.append(reason("mixed_languages"))
    return tuple(found)
