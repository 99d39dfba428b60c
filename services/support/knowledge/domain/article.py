"""Articles: what may become of them, in which language they are searched, and what they have to say to a request."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Literal
from uuid import UUID

from services.support.knowledge.domain.nearness import NEAR, join
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
_MOST_PARTS = 8


@dataclass(frozen=True, slots=True)
class Article:
    """What rules need of an article; `version` counts its changes, those of every language."""

    id: UUID
    state: State
    version: int


@dataclass(frozen=True, slots=True)
class Source:
    """A text of an article that has something to say to a request. `near` is how near its title and its paragraphs are
    to it, where they were looked for by what they mean.
    """

    article_id: UUID
    language: str
    version: int
    title: str
    body: str
    near: tuple[float, ...] = ()


def paragraphs_of(body: str) -> list[str]:
    return [paragraph.strip() for paragraph in _BLANK_LINES.split(body) if paragraph.strip()]


def parts_of(title: str, body: str) -> list[str]:
    """What is read of the meaning of a text: its title, and its first paragraphs, each under the title."""
    return [title, *(f"{title}\n{each}" for each in paragraphs_of(body)[: _MOST_PARTS - 1])]


def configuration_of(language: str) -> str:
    """How Postgres reads the words of a language: by their stems where it knows it."""
    return _CONFIGURATIONS.get(language, "simple")


def passages(text: str, sources: Iterable[Source]) -> list[tuple[Source, str]]:
    """The paragraphs that share the most words with a text, or are the nearest to what it means, the best first: what a
    reply can be made of.
    """
    asked, known = _words(text), list(sources)
    paragraphs = {
        (place, number): paragraph
        for place, source in enumerate(known)
        for number, paragraph in enumerate(paragraphs_of(source.body))
    }
    shared = {key: len(asked & _words(f"{known[key[0]].title} {said}")) for key, said in paragraphs.items()}
    by_words = sorted((key for key in paragraphs if shared[key]), key=lambda key: (-shared[key], key[0]))
    near = {
        (place, number): nearness
        for place, source in enumerate(known)
        for number, nearness in enumerate(source.near[1:])
        if nearness >= NEAR or nearness == max(source.near[1:])
    }
    by_meaning = sorted(near, key=lambda key: -near[key])
    return [(known[key[0]], paragraphs[key]) for key in list(join(by_words, by_meaning))[:_MOST_PASSAGES]]


def reply_of(found: Sequence[tuple[Source, str]]) -> str | None:
    """None where no article has anything to say; whoever sends it reads it first."""
    return "\n\n".join(paragraph for _, paragraph in found) or None


def announce_deflection(deflection_id: UUID, party_id: UUID, article_id: UUID, now: datetime) -> Emission:
    data = RequestDeflected(deflection_id=deflection_id, party_id=party_id, article_id=article_id, recorded_at=now)
    return Emission(data, now)


def _words(text: str) -> set[str]:
    return set(_WORD.findall(text.casefold()))
