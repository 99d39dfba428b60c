"""Articles by what they mean: which are near a question, and how that is joined with which have its words."""

from collections.abc import Hashable, Iterable, Sequence
from itertools import groupby
from typing import TypeVar

from services.support.meanings import Near

K = TypeVar("K", bound=Hashable)
NEAR = 0.85
"""A text that is less near has nothing to say to a question; decision 17 has what was measured."""
SHARED = 0.2
"""Of what the words of a request tell, an article has to share so much; decision 17 has what was measured."""
_RANK_CONSTANT = 60
_LONGEST_EXCERPT = 300


def is_exact(query: str) -> bool:
    """Whether a query says which words have to be there side by side, or not at all."""
    return '"' in query or any(word.startswith("-") for word in query.split())


def has_letters(text: str) -> bool:
    """What has none means nothing."""
    return any(character.isalpha() for character in text)


def choose(found: Iterable[Near], language: str) -> list[Near]:
    """Of each article one text, the nearest articles first: that in a language, or else the nearest. Texts of one
    article follow each other; one of which no text is near is left out.
    """
    chosen = []
    for _, texts in groupby(found, key=lambda each: each.article_id):
        own = sorted(texts, key=lambda each: (each.language != language, -each.nearest))
        if (nearest := max(each.nearest for each in own)) >= NEAR:
            chosen.append((nearest, own[0]))
    return [text for _, text in sorted(chosen, key=lambda each: -each[0])]


def fuse(*rankings: Sequence[K]) -> dict[K, float]:
    """One ranking of several, the best first: reciprocal rank fusion (Cormack, Clarke and Büttcher, SIGIR 2009).

    It reads ranks alone, for scores of words and cosines have no common measure. Who is even is ranked as in the first.
    """
    scores: dict[K, float] = {}
    for ranking in rankings:
        for rank, each in enumerate(ranking, 1):
            scores[each] = scores.get(each, 0.0) + 1 / (_RANK_CONSTANT + rank)
    return dict(sorted(scores.items(), key=lambda each: -each[1]))


def join(by_words: Sequence[K], by_meaning: Sequence[K]) -> dict[K, float]:
    """Both in one ranking. Meaning counts twice: any of a text's words are looked for, which many articles have."""
    return fuse(by_words, by_meaning, by_meaning)


def excerpt_of(paragraphs: Sequence[str], near: Near) -> str:
    """The paragraph that is nearest to the question, or its beginning."""
    parts = near.parts[1 : len(paragraphs) + 1]
    paragraph = paragraphs[parts.index(max(parts))] if parts else ""
    if len(paragraph) <= _LONGEST_EXCERPT:
        return paragraph
    return paragraph[:_LONGEST_EXCERPT].rpartition(" ")[0] or paragraph[:_LONGEST_EXCERPT]
