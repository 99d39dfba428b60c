"""Articles: what may become of them, in which language they are searched, and what they have to say to a request."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Literal
from uuid import UUID

from shared.engine.event import Emission
from shared.events.tickets import RequestDeflected

State = Literal["draft", "published", "retired"]
MOVES: Mapping[State, frozenset[State]] = MappingProxyType(
    {
        "draft": frozenset({"published", "retired"}),
        "published": frozenset({"draft", "retired"}),
        "retired": frozenset({"draft"}),
    }
)
DEFAULT_LANGUAGE = "en"
_CONFIGURATIONS: Mapping[str, str] = MappingProxyType(
    {
        "da": "danish", "de": "german", "en": "english", "es": "spanish", "fi": "finnish", "fr": "french",
        "it": "italian", "nl": "dutch", "no": "norwegian", "pt": "portuguese", "sv": "swedish",
    }
)  # fmt: skip
_WORD = re.compile(r"[^\W\d_]{3,}")
_BLANK_LINES = re.compile(r"\n\s*\n")
_MOST_PASSAGES = 3


@dataclass(frozen=True, slots=True)
class Article:
    """What rules need of an article; `version` counts its changes, those of every language."""

    id: UUID
    state: State
    version: int


@dataclass(frozen=True, slots=True)
class Source:
    """A text of an article that has something to say to a request."""

    article_id: UUID
    language: str
    version: int
    title: str
    body: str


def configuration_of(language: str) -> str:
    """How Postgres reads the words of a language: by their stems where it knows it."""
    return _CONFIGURATIONS.get(language, "simple")


def passages(text: str, sources: Iterable[Source]) -> list[tuple[Source, str]]:
    """The paragraphs that share the most words with a text, the best first: what a reply can be made of."""
    asked = _words(text)
    found = [
        (len(asked & _words(f"{source.title} {paragraph}")), -place, source, paragraph.strip())
        for place, source in enumerate(sources)
        for paragraph in _BLANK_LINES.split(source.body)
        if paragraph.strip()
    ]
    best = sorted((each for each in found if each[0]), key=lambda each: each[:2], reverse=True)
    return [(source, paragraph) for _, _, source, paragraph in best[:_MOST_PASSAGES]]


def reply_of(found: Sequence[tuple[Source, str]]) -> str | None:
    """None where no article has anything to say; whoever sends it reads it first."""
    return "\n\n".join(paragraph for _, paragraph in found) or None


def announce_deflection(deflection_id: UUID, party_id: UUID, article_id: UUID, now: datetime) -> Emission:
    data = RequestDeflected(deflection_id=deflection_id, party_id=party_id, article_id=article_id, recorded_at=now)
    return Emission(data, now)


def _words(text: str) -> set[str]:
    return set(_WORD.findall(text.casefold()))
