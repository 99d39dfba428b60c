"""Why triage and routing decided as they did: codes with values, and the English sentence of each."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from shared.events.reasons import CodedReason

TEXTS: Mapping[str, str] = MappingProxyType(
    {
        "no_words": "no category: the request has no words",
        "unlike_known": "no category: it is unlike what the model knows; nearest is {nearest} by {words}",
        "unlike_known_wordless": "no category: it is unlike what the model knows; nearest is {nearest} by its"
        " characters",
        "category": "category {category} by {words}; such answers were right {share:.0%} of the time",
        "category_wordless": "category {category} by its characters; such answers were right {share:.0%} of the time",
        "urgency": "urgency {urgency}",
        "urgency_by_words": "urgency {urgency} by {words}",
        "sentiment": "sentiment {sentiment} by {words}",
        "mixed_languages": "two languages are mixed",
        "priority": "priority {priority}: impact {impact} * urgency {urgency} * customer {value:g} * time left"
        " {haste:g} = {score:g}",
        "corrected": "corrected by {agent}",
        "relationship_manager": "relationship manager of the customer by agreement",
        "answered_before": "answered for it before it was reopened",
        "has_skills": "has {skills}",
        "needs_no_skill": "is in {queue}, which needs no skill",
        "in_fallback": "nobody of {queue} who fits is free; is in {fallback}",
        "fits_alone": "had {load} of {room} {channel} tickets, who alone fits",
        "least_loaded": "had {load} of {room} {channel} tickets, the least loaded of {fitting} who fit",
        "claimed": "claimed by {agent}",
        "given": "given by {agent}",
        "given_back": "given back by {agent}: {returned}",
        "removed": "{agent}: was removed: {removed}",
        "shift_over": "{agent}: the shift is over",
        "absent": "{agent}: is {presence}",
        "nobody_skilled": "nobody of {queue} has {skills}",
        "nobody_skilled_or_fallback": "nobody of {queue} or {fallback} has {skills}",
        "nobody_asked": "nobody of {queue} is asked",
        "nobody_asked_or_fallback": "nobody of {queue} or {fallback} is asked",
        "nobody_there": "nobody who fits is online and on shift",
        "no_room": "everybody who fits and is there has no room for {channel} tickets",
        "next": "it is given out next",
    }
)
"""A code is never renamed and keeps its values: rows and topics hold it."""


def reason(code: str, **values: float | str) -> CodedReason:
    return CodedReason(code=code, values=values)


def text_of(given: CodedReason) -> str:
    return TEXTS[given.code].format_map(given.values)


def texts_of(given: Iterable[CodedReason]) -> list[str]:
    return [text_of(each) for each in given]
